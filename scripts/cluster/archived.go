package main

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// archivedImage reads an image from an archive of an OCI layout: the one for this machine's architecture.
func (c *cluster) archivedImage(ref, archive string) (builtImage, error) {
	dir, err := os.MkdirTemp(c.dir, "archive-")
	if err != nil {
		return builtImage{}, err
	}
	defer os.RemoveAll(dir)
	if err := unpackArchive(archive, dir); err != nil {
		return builtImage{}, fmt.Errorf("%s: %w", archive, err)
	}
	index, err := layout.ImageIndexFromPath(dir)
	if err != nil {
		return builtImage{}, fmt.Errorf("%s is no archive of an OCI image: %w", archive, err)
	}
	image, err := ownImage(index)
	if err != nil {
		return builtImage{}, fmt.Errorf("%s: %w", archive, err)
	}
	image, err = inMemory(image) // the folder goes
	return builtImage{ref: ref, image: image}, err
}

// ownImage finds the image for this machine in an index, or in an index of that.
func ownImage(index v1.ImageIndex) (v1.Image, error) {
	manifest, err := index.IndexManifest()
	if err != nil {
		return nil, err
	}
	for _, m := range manifest.Manifests {
		switch {
		case m.MediaType.IsIndex():
			inner, err := index.ImageIndex(m.Digest)
			if err != nil {
				return nil, err
			}
			if image, err := ownImage(inner); err == nil {
				return image, nil
			}
		case m.Platform == nil || m.Platform.Architecture == runtime.GOARCH:
			return index.Image(m.Digest)
		}
	}
	return nil, fmt.Errorf("there is no image for %s in it", runtime.GOARCH)
}

// unpackArchive writes the files of an archive into a folder. None of them may lead out of it.
func unpackArchive(archive, dir string) error {
	f, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer f.Close()
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for r := tar.NewReader(f); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		if err := root.MkdirAll(filepath.Dir(h.Name), 0o755); err != nil {
			return err
		}
		out, err := root.Create(h.Name)
		if err != nil {
			return err
		}
		_, err = io.Copy(out, r)
		if err = errors.Join(err, out.Close()); err != nil {
			return err
		}
	}
}

// inMemory is an image whose layers are not read from files any more.
func inMemory(image v1.Image) (v1.Image, error) {
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	layers, err := image.Layers()
	if err != nil {
		return nil, err
	}
	kept := make([]layer, 0, len(layers))
	for _, l := range layers {
		text, err := l.Uncompressed()
		if err != nil {
			return nil, err
		}
		raw, err := io.ReadAll(text)
		if err = errors.Join(err, text.Close()); err != nil {
			return nil, err
		}
		kept = append(kept, static.NewLayer(raw, types.OCIUncompressedLayer))
	}
	built, err := configuredImage("", config.Config, kept...)
	return built.image, err
}
