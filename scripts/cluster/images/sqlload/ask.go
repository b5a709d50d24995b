package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// protocol is version 3.0 of PostgreSQL's.
const protocol = 3 << 16

// ask opens a connection, asks for a number, and closes it. It fails when the right answer does not come in time.
func ask(address, user, database string, timeout time.Duration) error {
	conn, err := net.DialTimeout("tcp", address, timeout)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(timeout)); err != nil {
		return err
	}
	startup := binary.BigEndian.AppendUint32(nil, protocol)
	startup = append(startup, "user\x00"+user+"\x00database\x00"+database+"\x00\x00"...)
	if _, err := conn.Write(sized(startup)); err != nil {
		return fmt.Errorf("saying hello: %w", err)
	}
	reader := bufio.NewReader(conn)
	if _, err := until(reader, 'Z'); err != nil {
		return fmt.Errorf("logging in: %w", err)
	}
	if _, err := conn.Write(append([]byte{'Q'}, sized([]byte("select 40 + 2\x00"))...)); err != nil {
		return fmt.Errorf("asking: %w", err)
	}
	row, err := until(reader, 'D')
	if err != nil {
		return fmt.Errorf("waiting for the answer: %w", err)
	}
	if want := []byte("\x00\x01\x00\x00\x00\x0242"); !bytes.Equal(row, want) { // one column of two bytes
		return fmt.Errorf("the answer is %q, and not 42", row)
	}
	if _, err := until(reader, 'Z'); err != nil {
		return fmt.Errorf("after the answer: %w", err)
	}
	_, err = conn.Write(append([]byte{'X'}, sized(nil)...))
	return err
}

// sized puts the length before a message, which counts itself.
func sized(body []byte) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(body)+4)), body...)
}

// until reads messages until one of a kind comes, and returns its body.
func until(r io.Reader, kind byte) ([]byte, error) {
	for {
		var head [5]byte
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return nil, err
		}
		size := binary.BigEndian.Uint32(head[1:])
		if size < 4 || size > 1<<16 {
			return nil, fmt.Errorf("a message of %d bytes", size)
		}
		body := make([]byte, size-4)
		if _, err := io.ReadFull(r, body); err != nil {
			return nil, err
		}
		switch {
		case head[0] == kind:
			return body, nil
		case head[0] == 'E':
			return nil, fmt.Errorf("the server refuses: %s", strings.ReplaceAll(string(body), "\x00", " "))
		case head[0] == 'R' && !bytes.Equal(body, make([]byte, 4)):
			return nil, fmt.Errorf("the server wants a password")
		}
	}
}
