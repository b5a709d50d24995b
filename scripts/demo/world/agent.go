package world

import (
	"context"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kubechores/kubechores/pkg/kubetest"
)

const (
	lookEvery = 250 * time.Millisecond // at a file that is followed
	beatEvery = 120                    // looks, from one sign of life to the next
	block     = 1 << 10                // bytes; a file is sent from such a boundary on
)

// The exit codes of a shell that was killed, and of one that was told to end.
const (
	exitKilled = 137
	exitEnded  = 143
	exitUsage  = 2
)

// exec plays the one program that the containers have: a shell with the script
// that mlogs sends to read files (plugins/kubectl-mlogs/file/agent.sh, which
// tells what is said). The script itself is not looked at, and nothing is run:
// a demo must open no way into its host.
func (w *World) exec(_ context.Context, r kubetest.ExecRequest, stdin io.Reader, stdout, _ io.Writer) int {
	if len(r.Command) < 4 || r.Command[0] != "sh" || r.Command[1] != "-s" {
		return kubetest.ExecNotFound
	}
	// As a shell, it does nothing before it has got a script.
	if _, err := stdin.Read(make([]byte, block)); err != nil {
		return 0
	}
	over := make(chan struct{})
	go func() {
		defer close(over)
		_, _ = io.Copy(io.Discard, stdin) // in whatever way it ends, it is the end
	}()
	a := &agent{mark: r.Command[2], out: stdout, disk: w.diskOf(r.Pod), over: over}
	a.say("ready")
	if code := a.do(r.Command[3], r.Command[4:]); code != 0 {
		return code
	}
	a.say("bye")
	return 0
}

// agent is one run of the script.
type agent struct {
	mark string
	out  io.Writer
	disk *disk
	over <-chan struct{} // closed at the end of stdin
}

// say tells a note. An error means that the client is gone, and so is stdin then.
func (a *agent) say(words ...any) {
	fmt.Fprintf(a.out, "%s %s", a.mark, fmt.Sprintln(words...))
}

func (a *agent) do(op string, args []string) (code int) {
	switch {
	case op == "look" && len(args) == 1:
		a.look(args[0])
		return 0
	case op == "list" || op == "list1":
		return a.list(args, op == "list")
	case (op == "once" || op == "tail") && len(args) > 1:
		offset, err := strconv.ParseInt(args[1], 10, 64)
		if err != nil || offset < 0 {
			return exitUsage
		}
		return a.read(args[0], offset, op == "tail")
	}
	return exitUsage
}

// look finds no older parts of a file: nothing is rotated here.
func (a *agent) look(name string) {
	if f := a.disk.files[name]; f != nil {
		size, written := f.stat()
		a.say("file", f.id, size, written.Unix(), name)
	}
	a.say("looked")
}

func (a *agent) list(patterns []string, follow bool) (code int) {
	names := slices.Sorted(maps.Keys(a.disk.files))
	for _, pattern := range patterns {
		for _, name := range names {
			if ok, _ := path.Match(pattern, name); ok { // a bad pattern matches nothing
				size, _ := a.disk.files[name].stat()
				a.say("path", a.disk.files[name].id, size, name)
			}
		}
	}
	a.say("listed")
	if !follow {
		return 0
	}
	return a.stay(func() {})
}

// read sends a file from an offset on, and when it is followed, what comes to it.
func (a *agent) read(name string, offset int64, follow bool) (code int) {
	a.look(name)
	f := a.disk.files[name]
	if f == nil {
		a.say(a.why(name))
		if !follow {
			return 0
		}
		return a.stay(func() {}) // files come with their containers only
	}
	a.say("open", f.id)
	offset = a.pump(f, offset)
	if !follow {
		a.say("eof")
		return 0
	}
	return a.stay(func() { offset = a.pump(f, offset) })
}

// why tells what a name is that is no file.
func (a *agent) why(name string) string {
	for other := range a.disk.files {
		if strings.HasPrefix(other, strings.TrimSuffix(name, "/")+"/") {
			return "directory"
		}
	}
	return "missing"
}

// pump sends what a file has got since an offset, with a little of what is
// known, by which mlogs sees that it still is the same text.
func (a *agent) pump(f *file, offset int64) (end int64) {
	const descriptor = 4
	size, _ := f.stat()
	if size <= offset {
		return offset
	}
	from := max(0, offset/block-1) * block
	a.say("at", descriptor, from, size)
	_, _ = a.out.Write(f.read(from, size)) // as in say
	a.say("end", descriptor)
	return size
}

// stay looks again and again, until the client or the container is gone.
func (a *agent) stay(look func()) (code int) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for n := 1; ; n++ {
		select {
		case <-a.over:
			return exitEnded
		case <-a.disk.gone:
			return exitKilled
		case <-ticker.C:
		}
		look()
		if n%beatEvery == 0 {
			a.say("beat")
		}
	}
}
