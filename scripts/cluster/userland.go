package main

import (
	"bytes"
	"debug/elf"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// writerName is the folder of the program that every userland has, below images.
const writerName = "logwriter"

// fewCommands is what the images without tail can do.
var fewCommands = []string{"sh", "cat", "cp", "dd", "kill", "ls", "mkdir", "mv", "rm", "sleep", "stat"}

// userlands are the images for tests of what reads files in containers by the programs it finds there: one with those of GNU, as most images in
// production have, and two in which a program is missing.
var userlands = []struct {
	name string
	base func() (layer, error)
}{
	{"gnu", gnuLayer},
	{"notail", func() (layer, error) { return fewCommandsLayer(fewCommands) }},
	{"nostat", func() (layer, error) {
		return fewCommandsLayer(slices.DeleteFunc(slices.Clone(fewCommands), func(name string) bool { return name == "stat" }))
	}},
}

// userlandImages makes the userlands, with the writer in each.
func userlandImages(writer layer) ([]builtImage, error) {
	var images []builtImage
	for _, u := range userlands {
		base, err := u.base()
		if err != nil {
			return nil, fmt.Errorf("image %s: %w", u.name, err)
		}
		image, err := newImage(imagePrefix+u.name+":dev", nil, base, writer)
		if err != nil {
			return nil, err
		}
		images = append(images, image)
	}
	return images, nil
}

// fewCommandsLayer is a userland of a busybox that has only these commands, the first of them as a file and the others as hard links to it.
//
// Leaving out links is not enough: the shell of Debian's busybox-static finds the commands in itself before it looks at PATH.
func fewCommandsLayer(keep []string) (layer, error) {
	program, commands, err := busybox()
	if err != nil {
		return nil, err
	}
	if program, err = forgetCommands(program, commands, keep); err != nil {
		return nil, err
	}
	w := newLayerWriter()
	w.skeleton()
	for i, name := range keep {
		if i == 0 {
			w.file("bin/"+name, 0o755, program)
		} else {
			w.hardLink("bin/"+name, "bin/"+keep[0])
		}
	}
	return w.layer()
}

// forgetCommands changes a busybox so that it knows only the commands of keep. Its table of names is what "busybox --list" prints, in this order,
// each name with a zero byte behind it. A name to forget gets a last byte that nobody types, and stays at its place in the order, for busybox
// searches the table by it.
func forgetCommands(program []byte, commands, keep []string) ([]byte, error) {
	for _, name := range keep {
		if !slices.Contains(commands, name) {
			return nil, fmt.Errorf("this busybox has no command %s", name)
		}
	}
	table := []byte(strings.Join(commands, "\x00") + "\x00")
	if n := bytes.Count(program, table); n != 1 {
		return nil, fmt.Errorf("the table of commands is in this busybox %d times, not once: another version than the ones of Debian?", n)
	}
	changed, at := bytes.Clone(program), bytes.Index(program, table)
	for _, name := range commands {
		at += len(name)
		if !slices.Contains(keep, name) {
			changed[at-1] = 1
		}
		at++ // the zero byte
	}
	return changed, nil
}

// gnuPrograms is the GNU userland, of Debian packages that doctor looks for. What needs the megabytes of libcrypto, such as sort, is not in it.
var gnuPrograms = strings.Fields(`dash bash grep sed cat chmod chown cp cut date dd df du echo env false head id ln ls mkdir mkfifo mktemp mv nohup od
	printf pwd readlink rm rmdir seq sleep stat sync tail tee test timeout touch tr true truncate uname uniq wc whoami`)

// gnuExtras are taken along where the host has them: their package procps is not on every Debian. Without it, kill is the shell's own.
var gnuExtras = []string{"kill", "ps"}

// gnuLayer is a userland of the host's GNU programs, with the libraries that they need.
func gnuLayer() (layer, error) {
	programs := map[string]string{}
	for _, name := range slices.Concat(gnuPrograms, gnuExtras) {
		path, err := exec.LookPath(name)
		if err == nil {
			programs[name] = path
		} else if !slices.Contains(gnuExtras, name) {
			return nil, err
		}
	}
	w := newLayerWriter()
	w.skeleton()
	libraries := newLibraries()
	for _, name := range slices.Sorted(maps.Keys(programs)) {
		data, err := os.ReadFile(programs[name])
		if err != nil {
			return nil, err
		}
		if err := libraries.addProgram(programs[name], data); err != nil {
			return nil, err
		}
		w.file("bin/"+name, 0o755, data)
	}
	w.link("bin/sh", "dash")
	w.link("usr/bin/env", "/bin/env")
	libraries.write(w)
	return w.layer()
}

// libraries collects the shared libraries of programs. Each one gets the path that it has on the host, in a folder where the dynamic linker looks by
// itself: the image has no cache of libraries, and none of these programs names folders of its own.
type libraries struct {
	dirs  []string
	files map[string][]byte // by path
	found map[string]bool   // by name
	links map[string]string // from the path of a dynamic linker that programs have to its real one
}

func newLibraries() *libraries {
	return &libraries{files: map[string][]byte{}, found: map[string]bool{}, links: map[string]string{}}
}

// addProgram adds what a program needs. The libraries are those that the file asks for: running it, as ldd does, is not needed.
func (l *libraries) addProgram(path string, data []byte) error {
	file, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		return fmt.Errorf("%s is not a Linux program: %w", path, err)
	}
	for _, segment := range file.Progs {
		if segment.Type != elf.PT_INTERP {
			continue
		}
		name := make([]byte, segment.Filesz)
		if _, err := segment.ReadAt(name, 0); err != nil {
			return fmt.Errorf("%s: its dynamic linker: %w", path, err)
		}
		if err := l.addLinker(strings.TrimRight(string(name), "\x00")); err != nil {
			return fmt.Errorf("%s: its dynamic linker: %w", path, err)
		}
	}
	return l.addNeeded(path, file)
}

// addLinker adds a dynamic linker, and learns the folders of libraries from it: on Debian they lie beside it, in a folder that has the processor in
// its name.
func (l *libraries) addLinker(path string) error {
	if l.links[path] != "" {
		return nil
	}
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	data, err := os.ReadFile(real)
	if err != nil {
		return err
	}
	l.links[path] = real
	l.files[real] = data
	l.found[filepath.Base(path)] = true
	dir := strings.TrimPrefix(filepath.Dir(real), "/usr")
	l.dirs = append(l.dirs, "/usr"+dir, dir, "/usr/lib", "/lib")
	return nil
}

// addNeeded adds the libraries that a file names, and those that they name.
func (l *libraries) addNeeded(path string, file *elf.File) error {
	names, err := file.ImportedLibraries()
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for _, name := range names {
		if l.found[name] {
			continue
		}
		library, data, err := l.find(name, file.FileHeader)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		l.found[name] = true
		l.files[library] = data
		parsed, err := elf.NewFile(bytes.NewReader(data))
		if err != nil {
			return fmt.Errorf("%s: %w", library, err)
		}
		if err := l.addNeeded(library, parsed); err != nil {
			return err
		}
	}
	return nil
}

// find reads a library for the same kind of processor, as the host may have libraries for others.
func (l *libraries) find(name string, want elf.FileHeader) (string, []byte, error) {
	for _, dir := range l.dirs {
		path := filepath.Join(dir, name)
		data, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		if got, err := elf.NewFile(bytes.NewReader(data)); err == nil && got.Machine == want.Machine && got.Class == want.Class {
			return path, data, nil
		}
	}
	return "", nil, fmt.Errorf("its library %s is not in %s", name, strings.Join(l.dirs, ", "))
}

func (l *libraries) write(w *layerWriter) {
	for _, path := range slices.Sorted(maps.Keys(l.files)) {
		w.file(strings.TrimPrefix(path, "/"), 0o755, l.files[path])
	}
	for _, path := range slices.Sorted(maps.Keys(l.links)) {
		if real := l.links[path]; real != path {
			w.link(strings.TrimPrefix(path, "/"), real)
		}
	}
}
