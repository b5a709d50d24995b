package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"
)

// control switches faults, each by a POST:
//
//	/deny?action=route53:GetChange    AWS denies the action
//	/allow?action=route53:GetChange   it does not any more
//	/zone?name=example.test&id=Z0     there is such a zone; without an id there is none
func control(w *world) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /deny", func(_ http.ResponseWriter, r *http.Request) { w.deny(r.FormValue("action"), true) })
	mux.HandleFunc("POST /allow", func(_ http.ResponseWriter, r *http.Request) { w.deny(r.FormValue("action"), false) })
	mux.HandleFunc("POST /zone", func(_ http.ResponseWriter, r *http.Request) { w.zone(r.FormValue("name")+".", r.FormValue("id")) })
	return mux
}

func (w *world) deny(action string, denied bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.denied[action] = denied
}

func (w *world) zone(name, id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if id == "" {
		delete(w.zones, name)
		return
	}
	w.zones[name] = id
}

// serveHTTP serves on a free port until ctx ends, and returns the URL.
func serveHTTP(ctx context.Context, handler http.Handler) (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	serve(ctx, &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}, listener)
	return "http://" + listener.Addr().String(), nil
}

func serve(ctx context.Context, server *http.Server, listener net.Listener) {
	go func() {
		if err := server.Serve(listener); err != nil && !errors.Is(err, http.ErrServerClosed) {
			complain("serving %s: %v", listener.Addr(), err)
		}
	}()
	context.AfterFunc(ctx, func() { server.Close() })
}
