package main

import (
	"archive/tar"
	"bytes"
	"debug/elf"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

type layer = v1.Layer

// layerWriter collects the files of a layer. No file has a time or an owner, so that the same files always give the same digest.
type layerWriter struct {
	buf bytes.Buffer
	tar *tar.Writer
	err error
}

func newLayerWriter() *layerWriter {
	w := new(layerWriter)
	w.tar = tar.NewWriter(&w.buf)
	return w
}

func (w *layerWriter) add(header tar.Header, content []byte) {
	if w.err != nil {
		return
	}
	header.Size = int64(len(content))
	if w.err = w.tar.WriteHeader(&header); w.err == nil {
		_, w.err = w.tar.Write(content)
	}
}

func (w *layerWriter) dir(name string, mode int64) {
	w.add(tar.Header{Typeflag: tar.TypeDir, Name: name + "/", Mode: mode}, nil)
}

func (w *layerWriter) file(name string, mode int64, content []byte) {
	w.add(tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: mode}, content)
}

func (w *layerWriter) link(name, target string) {
	w.add(tar.Header{Typeflag: tar.TypeSymlink, Name: name, Linkname: target, Mode: 0o777}, nil)
}

// hardLink gives a file of this layer another name.
func (w *layerWriter) hardLink(name, file string) {
	w.add(tar.Header{Typeflag: tar.TypeLink, Name: name, Linkname: file, Mode: 0o755}, nil)
}

// skeleton is what every userland has around its programs.
func (w *layerWriter) skeleton() {
	for _, name := range []string{"bin", "etc", "root", "usr", "usr/bin", "usr/local", "usr/local/bin", "var", "var/log"} {
		w.dir(name, 0o755)
	}
	w.dir("tmp", 0o1777)
	w.file("etc/passwd", 0o644, []byte("root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n"))
	w.file("etc/group", 0o644, []byte("root:x:0:\nnobody:x:65534:\n"))
}

// layer gives what was collected, not compressed: it goes no farther than to a containerd on the same host.
func (w *layerWriter) layer() (layer, error) {
	if w.err == nil {
		w.err = w.tar.Close()
	}
	return static.NewLayer(w.buf.Bytes(), types.OCIUncompressedLayer), w.err
}

// busyboxLayer is a small userland: Debian's static busybox with a link for each of its commands.
func busyboxLayer() (layer, error) {
	program, commands, err := busybox()
	if err != nil {
		return nil, err
	}
	w := newLayerWriter()
	w.skeleton()
	w.file("bin/busybox", 0o755, program)
	for _, name := range commands {
		if name != "busybox" {
			w.link("bin/"+name, "busybox")
		}
	}
	w.link("usr/bin/env", "/bin/busybox")
	return w.layer()
}

// busybox reads the host's static busybox and the names of its commands, in the order in which it has them.
func busybox() (program []byte, commands []string, err error) {
	path, err := exec.LookPath("busybox")
	if err != nil {
		return nil, nil, err
	}
	if program, err = staticProgram(path); err != nil {
		return nil, nil, err
	}
	list, err := exec.Command(path, "--list").Output()
	if err != nil {
		return nil, nil, fmt.Errorf("%s --list: %w", path, err)
	}
	return program, strings.Fields(string(list)), nil
}

// programLayer is one static program.
func programLayer(binary, name string) (layer, error) {
	program, err := staticProgram(binary)
	if err != nil {
		return nil, err
	}
	w := newLayerWriter()
	w.file(programPath+name, 0o755, program)
	return w.layer()
}

// folderLayer is a folder of files with their permissions, as they are.
func folderLayer(root string) (layer, error) {
	w := newLayerWriter()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || path == root {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		switch {
		case info.IsDir():
			w.dir(name, int64(info.Mode().Perm()))
		case info.Mode()&fs.ModeSymlink != 0:
			target, err := os.Readlink(path)
			if err != nil {
				return err
			}
			w.link(name, target)
		case info.Mode().IsRegular():
			content, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			w.file(name, int64(info.Mode().Perm()), content)
		default:
			return fmt.Errorf("%s is neither a file nor a folder nor a link", path)
		}
		return w.err
	})
	if err != nil {
		return nil, err
	}
	return w.layer()
}

// staticProgram reads a Linux program and makes sure that it needs no libraries, which no image here has.
func staticProgram(path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	program, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%s is not a Linux program: %w", path, err)
	}
	for _, segment := range program.Progs {
		if segment.Type == elf.PT_INTERP {
			return nil, fmt.Errorf("%s needs shared libraries; only static programs run in these images", path)
		}
	}
	return data, nil
}
