//go:build unix

package fifo

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

func TestMakeMode(t *testing.T) {
	for _, test := range []struct {
		name  string
		umask int
		there uint32 // the mode of a pipe that exists; 0 for none
	}{
		{"umask 0", 0, 0},
		{"umask 022", 0o022, 0},
		{"umask 0777", 0o777, 0},
		{"a pipe that all may use", 0o022, 0o666},
		{"a pipe that nobody may use", 0o022, 0o001},
		{"a pipe with other bits", 0o022, 0o2600},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "pipe")
			defer syscall.Umask(syscall.Umask(test.umask))
			if test.there != 0 {
				mkfifo(t, path, 0o600)
				if err := syscall.Chmod(path, test.there); err != nil {
					t.Fatal(err)
				}
			}
			p, err := Make(path)
			if err != nil {
				t.Fatal(err)
			}
			defer p.Remove()
			st, err := os.Lstat(path)
			if err != nil {
				t.Fatal(err)
			}
			if want := fs.ModeNamedPipe | 0o600; st.Mode() != want {
				t.Errorf("mode = %v, want %v", st.Mode(), want)
			}
		})
	}
}

func TestMakeTakesWhatIsThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	mkfifo(t, path, 0o644)
	before, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Make(path)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Remove()
	if after, err := os.Lstat(path); err != nil || !os.SameFile(before, after) {
		t.Errorf("another file is there now (%v)", err)
	}
}

// A program that waits for a reader must not take Make for one: it would write
// and lose its line.
func TestMakeLeavesWritersWaiting(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	mkfifo(t, path, 0o600)
	line := later(func() error { return os.WriteFile(path, []byte("early\n"), 0) })
	pending(t, "a writer without a reader", line)
	p, err := Make(path)
	if err != nil {
		t.Fatal(err)
	}
	pending(t, "a writer, after Make", line)
	l, err := p.Listen()
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if got := take(t, l, 6); got != "early\n" {
		t.Errorf("got %q", got)
	}
	if err := outcome(t, "the writer", line); err != nil {
		t.Error(err)
	}
}

func TestMakeRefuses(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, err := range []error{
		os.WriteFile(at("file"), nil, 0o600),
		os.Mkdir(at("directory"), 0o700),
		syscall.Mkfifo(at("target"), 0o640),
		os.Symlink(at("target"), at("link")),
		os.Symlink(at("nothing"), at("dangling")),
		os.Mkdir(at("target-directory"), 0o700),
		os.Symlink(at("target-directory"), at("linked-directory")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct{ name, path, want string }{
		{"a regular file", at("file"), "is a regular file, not a named pipe: remove it"},
		{"a directory", at("directory"), "is a directory, not a named pipe: remove it"},
		{"a link to a pipe", at("link"), "is a symbolic link, not a named pipe: remove it, or give the path of the pipe itself"},
		{"a link to nothing", at("dangling"), "is a symbolic link"},
		{"a link to a directory", at("linked-directory"), "is a symbolic link"},
		{"a device", "/dev/null", "is a device, not a named pipe"},
		{"no directory", at("none/pipe"), "there is no directory " + at("none") + ": create it first"},
		{"a file as directory", at("file/pipe"), at("file") + " is not a directory: give another path"},
		{"a name that is too long", at(strings.Repeat("x", 300)), "give another path"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p, err := Make(test.path)
			if err == nil {
				p.Remove()
				t.Fatal("Make succeeded")
			}
			if got := err.Error(); !strings.Contains(got, test.path) || !strings.Contains(got, test.want) {
				t.Errorf("error = %q, want one that names %s and says %q", got, test.path, test.want)
			}
		})
	}
	if _, err := Make(""); err == nil || !strings.Contains(err.Error(), "needs a path") {
		t.Errorf("no path: error = %v", err)
	}
	if st, err := os.Stat(at("target")); err != nil || st.Mode().Perm() != 0o640 {
		t.Errorf("the pipe behind a link was changed: %v, %v", st.Mode(), err)
	}
}

func TestMakeRefusesOtherUsers(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a pipe away")
	}
	path := filepath.Join(t.TempDir(), "pipe")
	mkfifo(t, path, 0o666)
	if err := os.Lchown(path, 12345, -1); err != nil {
		t.Fatal(err)
	}
	_, err := Make(path)
	if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "belongs to user 12345, not to you (user 0): give another path") {
		t.Errorf("error = %v", err)
	}
}

func TestRemove(t *testing.T) {
	for _, test := range []struct {
		name   string
		before func(t *testing.T, path string) // what happens to the path
		stays  bool
	}{
		{"our own", func(*testing.T, string) {}, false},
		{"gone already", func(t *testing.T, path string) { remove(t, path) }, false},
		{"another pipe", func(t *testing.T, path string) { remove(t, path); mkfifo(t, path, 0o600) }, true},
		{"a file", func(t *testing.T, path string) {
			remove(t, path)
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}, true},
		{"a link to it", func(t *testing.T, path string) {
			if err := os.Rename(path, path+"-moved"); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(path+"-moved", path); err != nil {
				t.Fatal(err)
			}
		}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newPipe(t)
			test.before(t, p.path)
			var all sync.WaitGroup
			for range 8 {
				all.Go(func() {
					if err := p.Remove(); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			if _, err := os.Lstat(p.path); (err == nil) != test.stays {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

// What comes to stand in the place of a pipe that was removed is not ours.
func TestRemoveOnce(t *testing.T) {
	p := newPipe(t)
	if err := p.Remove(); err != nil {
		t.Fatal(err)
	}
	mkfifo(t, p.path, 0o600)
	if err := p.Remove(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(p.path); err != nil {
		t.Error("the second Remove removed another pipe")
	}
}

func TestReplacedPipeIsNotOpened(t *testing.T) {
	for name, replace := range map[string]func(t *testing.T, path string){
		"by nothing":      func(*testing.T, string) {},
		"by another pipe": func(t *testing.T, path string) { mkfifo(t, path, 0o600) },
		"by a file": func(t *testing.T, path string) {
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		},
		"by a link to it": func(t *testing.T, path string) {
			if err := os.Symlink(path+"-moved", path); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPipe(t)
			if err := os.Rename(p.path, p.path+"-moved"); err != nil {
				t.Fatal(err)
			}
			replace(t, p.path)
			if l, err := p.Listen(); err == nil {
				l.Close()
				t.Error("Listen succeeded")
			} else if !strings.Contains(err.Error(), p.path+" has been removed or replaced") {
				t.Errorf("Listen: error = %v", err)
			}
			w, _ := newWriter(t, p, Wait, true)
			write := later(func() error { _, err := w.Write([]byte("line\n")); return err })
			if err := outcome(t, "Write", write); err == nil || !strings.Contains(err.Error(), "has been removed or replaced") {
				t.Errorf("Write: error = %v", err)
			}
		})
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}
