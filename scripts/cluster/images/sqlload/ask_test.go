package main

import (
	"encoding/binary"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// message is one of a server.
func message(kind byte, body string) string {
	return string(append([]byte{kind}, sized([]byte(body))...))
}

const ready = "\x00\x00\x00\x00"

// serve answers one connection: with hello after the client's first message, with answer after the second.
func serve(t *testing.T, hello, answer string) (address string, heard <-chan string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	all := make(chan string, 1)
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		var size [4]byte
		_, _ = io.ReadFull(conn, size[:])
		first := make([]byte, binary.BigEndian.Uint32(size[:])-4)
		_, _ = io.ReadFull(conn, first)
		_, _ = io.WriteString(conn, hello)
		if answer == "" {
			return
		}
		query := make([]byte, 19)
		_, _ = io.ReadFull(conn, query)
		_, _ = io.WriteString(conn, answer)
		rest, _ := io.ReadAll(conn)
		all <- string(first) + string(query) + string(rest)
	}()
	return listener.Addr().String(), all
}

func TestAsk(t *testing.T) {
	hello := message('R', ready) + message('S', "TimeZone\x00GMT\x00") + message('Z', "I")
	const row = "\x00\x01\x00\x00\x00\x0242"
	address, heard := serve(t, hello, message('T', "column")+message('D', row)+message('C', "SELECT 1\x00")+message('Z', "I"))
	if err := ask(address, "probe", "shop", 20*time.Second); err != nil {
		t.Fatal(err)
	}
	want := "\x00\x03\x00\x00user\x00probe\x00database\x00shop\x00\x00" + message('Q', "select 40 + 2\x00") + message('X', "")
	if got := <-heard; got != want {
		t.Errorf("the client said %q, want %q", got, want)
	}
	for name, c := range map[string]struct{ hello, answer, want string }{
		"closed at once":     {"", "", "logging in: EOF"},
		"a password":         {message('R', "\x00\x00\x00\x0a"), "", "wants a password"},
		"refused":            {message('E', "SFATAL\x00Mno\x00\x00"), "", "refuses: SFATAL Mno"},
		"not a server":       {"HTTP/1.1 400", "", "a message of"},
		"closed at question": {hello, message('T', "column"), "waiting for the answer"},
		"another answer":     {hello, message('D', "\x00\x01\x00\x00\x00\x0243"), "not 42"},
		"half of it":         {hello, message('D', row), "after the answer"},
	} {
		address, _ := serve(t, c.hello, c.answer)
		if err := ask(address, "probe", "shop", time.Second); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}
