package main

import (
	"archive/tar"
	"bytes"
	"debug/elf"
	"errors"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// unpack writes the files of a layer to a folder, and gives their headers by name.
func unpack(t *testing.T, l layer) (dir string, headers map[string]*tar.Header) {
	t.Helper()
	stream, err := l.Uncompressed()
	if err != nil {
		t.Fatal(err)
	}
	dir, headers = t.TempDir(), map[string]*tar.Header{}
	for files := tar.NewReader(stream); ; {
		header, err := files.Next()
		if err == io.EOF {
			return dir, headers
		}
		if err != nil {
			t.Fatal(err)
		}
		if headers[header.Name] != nil {
			t.Errorf("%s is there twice", header.Name)
		}
		headers[header.Name] = header
		name := filepath.Join(dir, header.Name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		switch header.Typeflag {
		case tar.TypeDir:
			err = os.MkdirAll(name, 0o755)
		case tar.TypeSymlink:
			err = os.Symlink(header.Linkname, name)
		case tar.TypeLink:
			err = os.Link(filepath.Join(dir, header.Linkname), name)
		default:
			var data []byte
			if data, err = io.ReadAll(files); err == nil {
				err = os.WriteFile(name, data, os.FileMode(header.Mode))
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// userland makes the layer of a userland of this host.
func userland(t *testing.T, name string) layer {
	t.Helper()
	for _, tool := range []string{"busybox", "dash", "bash", "grep", "sed", "stat"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatalf("%v; install the Debian packages busybox-static, dash, bash, grep, sed and coreutils", err)
		}
	}
	for _, u := range userlands {
		if u.name == name {
			l, err := u.base()
			if err != nil {
				t.Fatal(err)
			}
			return l
		}
	}
	t.Fatalf("there is no userland %s", name)
	return nil
}

// inRoot runs a shell script with the folder as its root, as a container would. It gives all that was printed and the exit code.
func inRoot(t *testing.T, dir, script string) (string, int) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("chroot needs root")
	}
	cmd := exec.Command("/bin/sh", "-c", script)
	cmd.Dir, cmd.Env, cmd.SysProcAttr = "/", []string{"PATH=/usr/local/bin:/usr/bin:/bin"}, &syscall.SysProcAttr{Chroot: dir}
	out, err := cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

func TestUserlandsAreTheSameEachTime(t *testing.T) {
	seen := map[string]string{}
	for _, u := range userlands {
		var digests []string
		for range 2 {
			digest, err := userland(t, u.name).Digest()
			if err != nil {
				t.Fatal(err)
			}
			digests = append(digests, digest.String())
		}
		if digests[0] != digests[1] {
			t.Errorf("%s: the same files gave two digests: every up would import them anew", u.name)
		}
		if other := seen[digests[0]]; other != "" {
			t.Errorf("%s and %s are the same", u.name, other)
		}
		seen[digests[0]] = u.name
	}
}

func TestGNUHasAllItsLibraries(t *testing.T) {
	dir, headers := unpack(t, userland(t, "gnu"))
	names := map[string]bool{}
	for name := range headers {
		names[path.Base(name)] = true
	}
	size, libraries := int64(0), 0
	for name, header := range headers {
		size += header.Size
		if header.Typeflag != tar.TypeReg || strings.HasPrefix(name, "etc/") {
			continue
		}
		file, err := elf.Open(filepath.Join(dir, name))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		needed, err := file.ImportedLibraries()
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, library := range needed {
			libraries++
			if !names[library] {
				t.Errorf("%s needs %s, which is not in the image", name, library)
			}
		}
		file.Close()
	}
	if libraries == 0 {
		t.Error("no program needs a library: nothing was looked at")
	}
	if limit := int64(24 << 20); size > limit {
		t.Errorf("%d bytes, more than %d: it goes to every node", size, limit)
	}
}

func TestGNURuns(t *testing.T) {
	dir, headers := unpack(t, userland(t, "gnu"))
	if link := headers["bin/sh"]; link == nil || link.Linkname != "dash" {
		t.Errorf("/bin/sh: got %+v, want a link to dash", link)
	}
	for _, name := range gnuPrograms {
		if name == "dash" || name == "false" || name == "test" {
			continue // they know no --version
		}
		if out, code := inRoot(t, dir, "env "+name+" --version"); code != 0 || !strings.Contains(out, name) && !strings.Contains(out, "GNU") {
			t.Errorf("%s: code %d, %q", name, code, out)
		}
	}
	out, code := inRoot(t, dir, `set -e
printf 'a\nb\nc\n' >/tmp/x; stat -c '%s %U' /tmp/x; tail -n1 /tmp/x; dd if=/tmp/x bs=1 skip=2 count=1 2>/tmp/y; echo
bash -c 'echo ${BASH_VERSION:+bash}'; id -un`)
	if want := "6 root\nc\nb\nbash\nroot\n"; code != 0 || out != want {
		t.Errorf("code %d, got %q, want %q", code, out, want)
	}
}

// procps is not on every Debian; the rest is.
func TestGNUWithoutProcps(t *testing.T) {
	userland(t, "gnu") // says what is missing where it cannot be made
	bin := t.TempDir()
	for _, name := range gnuPrograms {
		program, err := exec.LookPath(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(program, filepath.Join(bin, name)); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", bin)
	l, err := gnuLayer()
	if err != nil {
		t.Fatal(err)
	}
	_, headers := unpack(t, l)
	for _, name := range gnuExtras {
		if headers["bin/"+name] != nil {
			t.Errorf("%s is in the image, and not on the host", name)
		}
	}
	if err := os.Remove(filepath.Join(bin, "bash")); err != nil {
		t.Fatal(err)
	}
	if _, err := gnuLayer(); err == nil || !strings.Contains(err.Error(), `"bash"`) {
		t.Errorf("without bash: got %v", err)
	}
}

func TestLibraryOfAnotherKindIsPassedOver(t *testing.T) {
	program, err := exec.LookPath("dash") // needs the C library and nothing else
	if err != nil {
		t.Fatalf("%v; install the Debian package dash", err)
	}
	data, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	file, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	other := bytes.Clone(data)
	other[18] ^= 0xff // the kind of processor
	l := newLibraries()
	l.dirs = []string{t.TempDir(), t.TempDir()}
	put(t, filepath.Join(l.dirs[0], "libc.so.6"), "a script for the linker\n")
	put(t, filepath.Join(l.dirs[1], "libc.so.6"), string(other))
	err = l.addNeeded(program, file)
	if want := program + ": its library libc.so.6 is not in " + strings.Join(l.dirs, ", "); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if err := l.addProgram("/bin/script", []byte("#!/bin/sh\n")); err == nil || !strings.Contains(err.Error(), "/bin/script is not a Linux program") {
		t.Errorf("a script: got %v", err)
	}
}

// The shell of busybox finds commands in itself, so what counts is what it runs and not only what lies in /bin.
func TestFewCommandsAreAll(t *testing.T) {
	for name, absent := range map[string]string{"notail": "tail", "nostat": "stat"} {
		dir, headers := unpack(t, userland(t, name))
		var files []string
		for file, header := range headers {
			if header.Typeflag != tar.TypeDir && path.Dir(file) == "bin" {
				files = append(files, path.Base(file))
			}
		}
		if len(files) < 10 || slices.Contains(files, absent) || slices.Contains(files, "busybox") {
			t.Errorf("%s: the commands are %q", name, files)
		}
		for _, file := range files {
			if out, code := inRoot(t, dir, "/bin/"+file+" --help"); !strings.Contains(out, "Usage: "+file) {
				t.Errorf("%s: %s --help: code %d, %q", name, file, code, out)
			}
		}
		for _, other := range []string{absent, "tail", "head", "od", "awk", "busybox", "ash"} {
			for _, script := range []string{other + " /etc/passwd", "command -v " + other, "exec -a " + other + " sh tail /etc/passwd"} {
				if out, code := inRoot(t, dir, script); code == 0 {
					t.Errorf("%s: %q runs, and prints %q", name, script, out)
				}
			}
		}
		if _, code := inRoot(t, dir, "stat /etc/passwd"); (code == 0) != (name == "notail") {
			t.Errorf("%s: stat ends with %d", name, code)
		}
	}
}

func TestForgetCommands(t *testing.T) {
	commands := []string{"[", "cat", "stat", "tail"}
	const table = "[\x00cat\x00stat\x00tail\x00"
	program := []byte("before tail\x00" + table + "behind cat\x00")
	before := bytes.Clone(program)
	got, err := forgetCommands(program, commands, []string{"cat", "stat"})
	if want := "before tail\x00\x01\x00cat\x00stat\x00tai\x01\x00behind cat\x00"; err != nil || string(got) != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	if !bytes.Equal(program, before) {
		t.Error("the program itself was changed")
	}
	if _, err := forgetCommands(program, commands, []string{"dd"}); err == nil || !strings.Contains(err.Error(), "no command dd") {
		t.Errorf("a command that is not there: got %v", err)
	}
	for n, other := range map[string]string{"0": "cat\x00[\x00stat\x00tail\x00", "2": table + table} {
		if _, err := forgetCommands([]byte(other), commands, nil); err == nil || !strings.Contains(err.Error(), n+" times") {
			t.Errorf("%s tables: got %v", n, err)
		}
	}
}
