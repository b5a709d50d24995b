package main

import (
	"archive/tar"
	"bytes"
	"debug/elf"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// nobody is whom the program runs as: not root, and a number, which runAsNonRoot needs.
const nobody = "65532"

// index makes an image for each architecture.
func (o *options) index() (v1.ImageIndex, error) {
	programs, err := o.programs()
	if err != nil {
		return nil, err
	}
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, arch := range slices.Sorted(maps.Keys(programs)) {
		image, err := o.image(programs[arch], arch)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", programs[arch], err)
		}
		platform := &v1.Platform{OS: "linux", Architecture: arch}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: platform}})
	}
	return index, nil
}

func (o *options) image(program, arch string) (v1.Image, error) {
	text, err := os.ReadFile(program)
	if err != nil {
		return nil, err
	}
	if err := isStatic(text); err != nil {
		return nil, err
	}
	files, err := layer(
		file{"etc/passwd", 0o644, []byte("nobody:x:" + nobody + ":" + nobody + "::/:/sbin/nologin\n")},
		file{"etc/ssl/certs/ca-certificates.crt", 0o644, certificates()},
		file{"usr/local/bin/kubectl-" + o.plugin, 0o755, text},
	)
	if err != nil {
		return nil, err
	}
	image := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	if image, err = mutate.AppendLayers(image, files); err != nil {
		return nil, err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture = "linux", arch
	config.Config = v1.Config{
		User: nobody, WorkingDir: "/", Env: []string{"PATH=/usr/local/bin"}, Entrypoint: []string{"kubectl-" + o.plugin},
		Labels: map[string]string{
			"org.opencontainers.image.title": "kubectl-" + o.plugin, "org.opencontainers.image.version": o.version,
			"org.opencontainers.image.licenses": "Apache-2.0", "org.opencontainers.image.source": "https://github.com/kubechores/kubechores",
		},
	}
	return mutate.ConfigFile(image, config)
}

// architecture is what a program is built for, as Go names it.
func architecture(program string) (string, error) {
	f, err := elf.Open(program)
	if err != nil {
		return "", fmt.Errorf("%s: it is no program for Linux: %w", program, err)
	}
	defer f.Close()
	switch f.Machine {
	case elf.EM_X86_64:
		return "amd64", nil
	case elf.EM_AARCH64:
		return "arm64", nil
	}
	return "", fmt.Errorf("%s: it is built for %v, and images are made for amd64 and arm64", program, f.Machine)
}

// isStatic refuses a program that needs files which the image does not have.
func isStatic(program []byte) error {
	f, err := elf.NewFile(bytes.NewReader(program))
	if err != nil {
		return fmt.Errorf("it is no program for Linux: %w", err)
	}
	defer f.Close()
	if slices.ContainsFunc(f.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP }) {
		return errors.New("it needs shared libraries: build it with CGO_ENABLED=0")
	}
	return nil
}

// certificates are the roots that browsers trust, as PEM. A root with a condition that PEM
// cannot say is left out.
func certificates() []byte {
	var b bytes.Buffer
	for root := range bundle.Roots() {
		if root.Constraint == nil {
			// A buffer takes everything.
			_ = pem.Encode(&b, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate})
		}
	}
	return b.Bytes()
}

type file struct {
	name string
	mode int64
	text []byte
}

// layer packs files, without time or owner.
func layer(files ...file) (v1.Layer, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range files {
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: f.name, Mode: f.mode, Size: int64(len(f.text))}); err != nil {
			return nil, err
		}
		if _, err := w.Write(f.text); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b.Bytes())), nil }, tarball.WithMediaType(types.OCILayer))
}

// writeArchive writes an index as an archive of an OCI layout.
func writeArchive(path string, index v1.ImageIndex) error {
	dir, err := os.MkdirTemp("", "image-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	to, err := layout.Write(dir, empty.Index)
	if err != nil {
		return err
	}
	if err := to.AppendIndex(index); err != nil {
		return err
	}
	return pack(path, dir)
}
