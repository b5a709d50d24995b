package main

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// builtImage is an image with its full name.
type builtImage struct {
	ref   string
	image v1.Image
}

// newImage stacks layers. Without an entrypoint the image starts a shell.
func newImage(ref string, entrypoint []string, layers ...layer) (builtImage, error) {
	config := v1.Config{Entrypoint: entrypoint}
	if len(entrypoint) == 0 {
		config.Cmd = []string{"sh"}
	}
	return configuredImage(ref, config, layers...)
}

// configuredImage stacks layers below a configuration, which gets the folder and the PATH that all images have.
func configuredImage(ref string, config v1.Config, layers ...layer) (builtImage, error) {
	image := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	config.Env, config.WorkingDir = []string{"PATH=/usr/local/bin:/usr/bin:/bin"}, "/"
	image, err := mutate.AppendLayers(image, layers...)
	if err != nil {
		return builtImage{}, err
	}
	file, err := image.ConfigFile()
	if err != nil {
		return builtImage{}, err
	}
	file = file.DeepCopy()
	file.OS, file.Architecture, file.Config = "linux", runtime.GOARCH, config
	image, err = mutate.ConfigFile(image, file)
	return builtImage{ref: ref, image: image}, err
}

// archive packs images as an OCI layout, in which the digest of an image is the same as later in containerd.
func (c *cluster) archive(images []builtImage) ([]byte, error) {
	dir, err := os.MkdirTemp(c.dir, "images-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path, err := layout.Write(dir, empty.Index)
	if err != nil {
		return nil, err
	}
	for _, image := range images {
		name := map[string]string{"io.containerd.image.name": image.ref, "org.opencontainers.image.ref.name": image.ref}
		if err := path.AppendImage(image.image, layout.WithAnnotations(name)); err != nil {
			return nil, err
		}
	}
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	if err := w.AddFS(os.DirFS(dir)); err != nil {
		return nil, err
	}
	return buf.Bytes(), w.Close()
}

// importImages puts on every node those images that it does not have, or has with another content.
func (c *cluster) importImages(ctx context.Context, images []builtImage) error {
	for n := 1; n <= c.Nodes; n++ {
		if err := c.importNode(ctx, nodeName(n), images); err != nil {
			return fmt.Errorf("%s: %w", nodeName(n), err)
		}
	}
	return nil
}

func (c *cluster) importNode(ctx context.Context, node string, images []builtImage) error {
	present, err := c.imagesOn(ctx, node)
	if err != nil {
		return err
	}
	wanted := map[string]storedImage{}
	var changed []builtImage
	for _, image := range images {
		digest, err := image.image.Digest()
		if err != nil {
			return err
		}
		wanted[image.ref] = storedImage{digest: digest.String(), visible: true}
		if present[image.ref] != wanted[image.ref] {
			changed = append(changed, image)
		}
	}
	if len(changed) == 0 {
		return nil
	}
	var names []string
	for _, image := range changed {
		names = append(names, strings.TrimPrefix(image.ref, imagePrefix))
	}
	c.progress.printf("%s: importing %s", node, strings.Join(names, ", "))
	data, err := c.archive(changed)
	if err != nil {
		return err
	}
	if _, err := output(ctx, data, c.ctr(node, "images", "import", "-")...); err != nil {
		return err
	}
	return c.awaitImages(ctx, node, wanted)
}

// awaitImages waits until pods can use the images: containerd's Kubernetes part hears of an import a moment later.
func (c *cluster) awaitImages(ctx context.Context, node string, wanted map[string]storedImage) error {
	for deadline := time.Now().Add(20 * time.Second); ; {
		present, err := c.imagesOn(ctx, node)
		if err != nil {
			return err
		}
		missing := maps.Clone(wanted)
		maps.DeleteFunc(missing, func(ref string, image storedImage) bool { return present[ref] == image })
		if len(missing) == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("containerd does not show these images after their import: %s", strings.Join(slices.Sorted(maps.Keys(missing)), ", "))
		}
		if err := sleep(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
}

// storedImage is an image as containerd has it.
type storedImage struct {
	digest  string
	visible bool // to the kubelet
}

func (c *cluster) imagesOn(ctx context.Context, node string) (map[string]storedImage, error) {
	out, err := output(ctx, nil, c.ctr(node, "images", "ls")...)
	if err != nil {
		return nil, err
	}
	return parseImages(string(out)), nil
}

// parseImages reads the table of "ctr images ls": name, type, digest, size in two columns, platforms, labels.
func parseImages(table string) map[string]storedImage {
	images := map[string]storedImage{}
	for line := range strings.Lines(table) {
		if fields := strings.Fields(line); len(fields) >= 3 {
			images[fields[0]] = storedImage{digest: fields[2], visible: strings.Contains(line, "io.cri-containerd.image=managed")}
		}
	}
	return images
}

func (c *cluster) ctr(node string, args ...string) []string {
	return append([]string{"ctr", "--address", c.containerdSocket(node), "--namespace", "k8s.io"}, args...)
}
