//go:build unix

package kubetest

import (
	"errors"
	"net"
	"strings"
	"syscall"
	"testing"
)

// While the server is down no connection of another program gets its port as
// its own end: that would keep the server from coming up.
func TestThePortIsKeptWhileTheServerIsDown(t *testing.T) {
	s := Start(t)
	other, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	s.Down()
	own, err := net.ResolveTCPAddr("tcp", strings.TrimPrefix(s.URL(), "https://"))
	if err != nil {
		t.Fatal(err)
	}
	if c, err := net.Dial("tcp", own.String()); !errors.Is(err, syscall.ECONNREFUSED) {
		if err == nil {
			c.Close()
		}
		t.Errorf("a connection to a server that is down: %v", err)
	}
	d := net.Dialer{LocalAddr: own}
	c, err := d.Dial("tcp", other.Addr().String())
	if err == nil {
		c.Close()
	}
	if !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("a connection from the server's port: %v", err)
	}
	s.Must(s.Up())
	s.Close()
	l, err := net.Listen("tcp", own.String())
	if err != nil {
		t.Fatalf("a closed server keeps its port: %v", err)
	}
	l.Close()
}
