package main

import (
	"crypto/tls"
	"io"
	"log"
	"net"
)

// serveInstance is the server-side proxy of an instance: TLS with the client's certificate, and behind it the database, byte for byte.
func serveInstance(listener net.Listener, i instance, keys authorities) error {
	config, err := keys.serverConfig(i)
	if err != nil {
		return err
	}
	for {
		conn, err := listener.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer conn.Close()
			secure := tls.Server(conn, config)
			if err := secure.Handshake(); err != nil {
				log.Printf("%s: %s: handshake: %v", i.connectionName(), conn.RemoteAddr(), err)
				return
			}
			database, err := net.Dial("tcp", i.database)
			if err != nil {
				log.Printf("%s: database: %v", i.connectionName(), err)
				return
			}
			defer database.Close()
			pass(secure, database.(*net.TCPConn))
		}()
	}
}

// pass carries bytes both ways until both sides have ended.
func pass(client *tls.Conn, database *net.TCPConn) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, err := io.Copy(database, client)
		if err == nil {
			err = database.CloseWrite()
		}
		if err != nil {
			database.Close() // the other direction must not wait for a client that is gone
		}
	}()
	if _, err := io.Copy(client, database); err == nil {
		_ = client.CloseWrite() // the client may be gone already
	} else {
		client.Close()
	}
	<-done
}
