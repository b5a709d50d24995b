package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// recipeFile makes a folder a recipe: an image of what others wrote, built or unpacked once and kept in the cache.
const recipeFile = "image.json"

// recipe says how such an image is made: of a Go program, or of Debian packages.
type recipe struct {
	Base string `json:"base"` // busybox, or scratch, which is the default
	User string `json:"user"` // UID:GID that the image runs as

	Package    string `json:"package"`    // a Go program, of a module that the folder's go.mod requires
	Program    string `json:"program"`    // where it lies in the image
	Entrypoint bool   `json:"entrypoint"` // whether it is the image's entrypoint

	Debian []string `json:"debian"` // packages; they come with all that they depend on
	Keep   string   `json:"keep"`   // pattern of the packages that are unpacked
	Drop   string   `json:"drop"`   // pattern of those that are not, though Keep says so
	Bin    []string `json:"bin"`    // patterns of programs that get a link in /usr/local/bin
}

// isRecipe tells whether a folder has a recipe.
func isRecipe(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, recipeFile))
	return err == nil
}

func readRecipe(dir string) (recipe, error) {
	var r recipe
	path := filepath.Join(dir, recipeFile)
	data, err := os.ReadFile(path)
	if err != nil {
		return r, err
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&r); err != nil {
		return r, fmt.Errorf("%s: %w", path, err)
	}
	if err := r.validate(); err != nil {
		return r, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

func (r recipe) validate() error {
	switch {
	case (r.Package == "") == (len(r.Debian) == 0):
		return errors.New("either package or debian is needed")
	case r.Package != "" && !strings.HasPrefix(r.Program, "/"):
		return fmt.Errorf("program is to be an absolute path, not %q", r.Program)
	case r.Base != "" && r.Base != "busybox" && r.Base != "scratch":
		return fmt.Errorf("base is busybox or scratch, not %q", r.Base)
	}
	return nil
}

// recipeImage makes the image of a recipe's folder.
func (c *cluster) recipeImage(ctx context.Context, ref, dir string) (builtImage, error) {
	r, err := readRecipe(dir)
	if err != nil {
		return builtImage{}, err
	}
	var layers []layer
	if r.Base == "busybox" {
		shell, err := busyboxLayer()
		if err != nil {
			return builtImage{}, err
		}
		layers = append(layers, shell)
	}
	config := v1.Config{User: r.User}
	var top layer
	if r.Package != "" {
		top, err = c.packageLayer(ctx, r, dir)
		if r.Entrypoint {
			config.Entrypoint = []string{r.Program}
		}
	} else {
		top, err = c.debianLayer(ctx, r)
	}
	if err != nil {
		return builtImage{}, fmt.Errorf("image %s: %w", strings.TrimPrefix(ref, imagePrefix), err)
	}
	return configuredImage(ref, config, append(layers, top)...)
}

// packageLayer is a Go program at its place. It is built once for each content of go.mod and go.sum.
func (c *cluster) packageLayer(ctx context.Context, r recipe, dir string) (layer, error) {
	key := sha256.New()
	for _, name := range []string{recipeFile, "go.mod", "go.sum"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(key, "%s %d\n%s", name, len(data), data)
	}
	result := filepath.Join(c.cache, "recipes", fmt.Sprintf("%s-%.8x", filepath.Base(r.Program), key.Sum(nil)))
	if _, err := os.Stat(result); err != nil {
		c.progress.printf("building %s, once: a minute or two on 2 cores", r.Package)
		if err := os.MkdirAll(filepath.Dir(result), 0o755); err != nil {
			return nil, err
		}
		unfinished := result + ".new"
		if err := c.goBuild(ctx, dir, "-s -w", unfinished, r.Package); err != nil {
			return nil, err
		}
		if err := os.Rename(unfinished, result); err != nil {
			return nil, err
		}
	}
	program, err := staticProgram(result)
	if err != nil {
		return nil, err
	}
	w := newLayerWriter()
	w.file(strings.TrimPrefix(r.Program, "/"), 0o755, program)
	return w.layer()
}
