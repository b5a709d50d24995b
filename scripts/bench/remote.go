//go:build linux

package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// remote is the source as this process sees it.
type remote struct {
	dir     string
	cmd     *exec.Cmd
	stdin   io.WriteCloser
	answers *bufio.Reader
}

// startSource starts a source with pods of so many lines. It ends with close,
// with ctx, or when this process ends in whatever way: its stdin is then closed.
func startSource(ctx context.Context, pods, lines int, more ...string) (*remote, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "mlogs-bench-")
	if err != nil {
		return nil, err
	}
	r := &remote{dir: dir}
	args := []string{sourceCommand, "-dir", dir, "-pods", strconv.Itoa(pods), "-lines", strconv.Itoa(lines)}
	r.cmd = exec.CommandContext(ctx, self, append(args, more...)...)
	r.cmd.Stderr = os.Stderr
	if r.stdin, err = r.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := r.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	r.answers = bufio.NewReader(stdout)
	if err := r.cmd.Start(); err != nil {
		return nil, err
	}
	if err := r.answer("ready"); err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

func (r *remote) answer(want string) error {
	line, err := r.answers.ReadString('\n')
	if err != nil {
		return fmt.Errorf("the source has ended: %w", err)
	}
	if got := strings.TrimSpace(line); got != want {
		return fmt.Errorf("the source says: %s", got)
	}
	return nil
}

// do gives the source a command and waits until it is done.
func (r *remote) do(form string, args ...any) error {
	if _, err := fmt.Fprintf(r.stdin, form+"\n", args...); err != nil {
		return err
	}
	return r.answer("done")
}

// close ends the source and removes what it left. Its exit code says nothing.
func (r *remote) close() {
	r.stdin.Close()
	_ = r.cmd.Wait()
	os.RemoveAll(r.dir)
}

func (r *remote) file(name string) string { return filepath.Join(r.dir, name) }

// environ is what a client runs with: the source's kubeconfig, caches of its
// own, and nothing else of the user's configuration.
func (r *remote) environ() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "HOME=" + r.dir, "KUBECONFIG=" + r.file(kubeconfigIn), "TERM=dumb"}
}
