package clitest

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"time"
)

// Buffer is a stream that a test reads while a command writes it.
type Buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write appends to what String returns.
func (b *Buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

// String is all that was written until now.
func (b *Buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// Await waits until text was written.
func (b *Buffer) Await(t *testing.T, text string) {
	t.Helper()
	for deadline := time.Now().Add(patience); !strings.Contains(b.String(), text); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never came: %s\nwritten is:\n%s", text, b.String())
		}
	}
}
