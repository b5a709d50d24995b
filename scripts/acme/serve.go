package main

import (
	"context"
	"errors"
	"log"
	"net"
	"net/http"
	"time"
)

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
			log.Printf("serving %s: %v", listener.Addr(), err)
		}
	}()
	context.AfterFunc(ctx, func() { server.Close() })
}
