// Command tlsserver serves HTTPS as a gateway does: certificates by server name (SNI), from folders with tls.crt and tls.key, as a Secret is
// mounted. It loads them once, as file-mounted gateways of Istio did up to 1.6, or with -reload at every handshake.
package main

import (
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// hosts are the folders, by host; the first is that of clients that name another host, or none.
type hosts struct {
	order   []string
	folders map[string]string
}

// String is for flag.
func (h *hosts) String() string { return strings.Join(h.order, " ") }

// Set is for flag: HOST=FOLDER.
func (h *hosts) Set(text string) error {
	host, folder, found := strings.Cut(text, "=")
	if !found || host == "" || folder == "" {
		return errors.New("want HOST=FOLDER")
	}
	if h.folders == nil {
		h.folders = map[string]string{}
	}
	h.order = append(h.order, host)
	h.folders[host] = folder
	return nil
}

func load(folder string) (*tls.Certificate, error) {
	c, err := tls.LoadX509KeyPair(filepath.Join(folder, "tls.crt"), filepath.Join(folder, "tls.key"))
	return &c, err
}

// choose returns what serves a handshake.
func (h *hosts) choose(reload bool) (func(*tls.ClientHelloInfo) (*tls.Certificate, error), error) {
	loaded := map[string]*tls.Certificate{}
	for host, folder := range h.folders {
		certificate, err := load(folder)
		if err != nil {
			return nil, err
		}
		loaded[host] = certificate
	}
	return func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		host := hello.ServerName
		if loaded[host] == nil {
			host = h.order[0]
		}
		if reload {
			return load(h.folders[host])
		}
		return loaded[host], nil
	}, nil
}

func run() error {
	var served hosts
	address := flag.String("addr", ":8443", "where to listen")
	reload := flag.Bool("reload", false, "load the certificates at every handshake")
	old := flag.Bool("old-tls", false, "accept TLS 1.0, too")
	flag.Var(&served, "host", "`HOST=FOLDER` of a certificate; repeatable, the first is the default")
	flag.Parse()
	if len(served.order) == 0 {
		return errors.New("-host is needed")
	}
	choose, err := served.choose(*reload)
	if err != nil {
		return err
	}
	config := &tls.Config{GetCertificate: choose, MinVersion: tls.VersionTLS12}
	if *old {
		config.MinVersion = tls.VersionTLS10
	}
	server := &http.Server{Addr: *address, TLSConfig: config, ReadHeaderTimeout: 10 * time.Second,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "hello") })}
	return server.ListenAndServeTLS("", "")
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "tlsserver:", err)
		os.Exit(1)
	}
}
