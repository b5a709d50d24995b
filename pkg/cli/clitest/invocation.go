package clitest

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"
)

// patience is when a test no longer waits: late enough for a busy machine.
const patience = time.Minute

// Invocation is a command that runs in the test's process.
type Invocation struct {
	Out, Err Buffer

	t      *testing.T
	cancel context.CancelFunc
	done   chan error
}

// Start runs a command with args until its end or Stop; at the latest it is stopped with
// the test. stdin is all that it reads there.
func Start(t *testing.T, build func(genericiooptions.IOStreams) *cobra.Command, stdin string, args ...string) *Invocation {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	m := &Invocation{t: t, cancel: cancel, done: make(chan error, 1)}
	cmd := build(genericiooptions.IOStreams{In: strings.NewReader(stdin), Out: &m.Out, ErrOut: &m.Err})
	cmd.SetArgs(args)
	cmd.SetOut(&m.Out)
	cmd.SetErr(&m.Err)
	go func() { m.done <- cmd.ExecuteContext(ctx) }()
	t.Cleanup(func() {
		cancel()
		_ = m.Wait()
	})
	return m
}

// Stop interrupts the command, and returns its error when it has ended.
func (m *Invocation) Stop() error {
	m.t.Helper()
	m.cancel()
	return m.Wait()
}

// Wait returns the command's error when it has ended.
func (m *Invocation) Wait() error {
	m.t.Helper()
	select {
	case err := <-m.done:
		m.done <- err
		return err
	case <-time.After(patience):
		m.t.Fatalf("it did not end; stderr:\n%s", m.Err.String())
		return nil
	}
}

// GoesOn fails when the command ends within a time from now.
func (m *Invocation) GoesOn(atLeast time.Duration) {
	m.t.Helper()
	select {
	case err := <-m.done:
		m.done <- err
		m.t.Errorf("it ended: %v; stderr:\n%s", err, m.Err.String())
	case <-time.After(atLeast):
	}
}

// Run is Wait, with all that was printed.
func (m *Invocation) Run() (out, talk string, err error) {
	m.t.Helper()
	err = m.Wait()
	return m.Out.String(), m.Err.String(), err
}

// Until waits for a condition, and fails with what was printed where it does not come.
func (m *Invocation) Until(what string, ok func() bool) {
	m.t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			out := m.Out.String()
			m.t.Fatalf("never came: %s\nstderr:\n%s\nstdout ends:\n%s", what, m.Err.String(), out[max(0, len(out)-800):])
		}
	}
}

// Prints waits until stdout contains text.
func (m *Invocation) Prints(text string) {
	m.t.Helper()
	m.Until("on stdout: "+text, func() bool { return strings.Contains(m.Out.String(), text) })
}

// Says waits until stderr contains text.
func (m *Invocation) Says(text string) {
	m.t.Helper()
	m.Until("on stderr: "+text, func() bool { return strings.Contains(m.Err.String(), text) })
}
