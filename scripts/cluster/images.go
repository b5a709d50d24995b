package main

import (
	"context"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

const (
	imagePrefix = "kubechores.local/"
	pauseImage  = imagePrefix + "pause:dev"
)

var (
	imageName = regexp.MustCompile(`^[a-z0-9]+([._-][a-z0-9]+)*$`)
	imageTag  = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$`)
)

// imageFolders lists the folders of dir that hold a Go main package. Each of them becomes an image of the same name.
func imageFolders(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, entry := range entries {
		if !entry.IsDir() || !isMainPackage(filepath.Join(dir, entry.Name())) {
			continue
		}
		if !imageName.MatchString(entry.Name()) {
			return nil, fmt.Errorf("%s: %q cannot be the name of an image", dir, entry.Name())
		}
		names = append(names, entry.Name())
	}
	return names, nil
}

// isMainPackage tells whether a folder has a Go file of package main that is not a test.
func isMainPackage(dir string) bool {
	files, _ := filepath.Glob(filepath.Join(dir, "*.go"))
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.PackageClauseOnly)
		if err == nil && parsed.Name.Name == "main" {
			return true
		}
	}
	return false
}

// programPath is where the program of an image lies in it.
const programPath = "usr/local/bin/"

// ownImages makes the images that every cluster has: busybox, and two of each folder below images: NAME:dev, with busybox around the program, and
// NAME:scratch, with the program alone, as many images in production are. The userlands come last, each with the logwriter in it.
func (c *cluster) ownImages(ctx context.Context) ([]builtImage, error) {
	src, err := sourceDir()
	if err != nil {
		return nil, err
	}
	base, err := busyboxLayer()
	if err != nil {
		return nil, err
	}
	shell, err := newImage(imagePrefix+"busybox:dev", nil, base)
	if err != nil {
		return nil, err
	}
	images := []builtImage{shell}
	programs := map[string]layer{}
	names, err := imageFolders(filepath.Join(src, "images"))
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		binary, err := c.buildImageProgram(ctx, filepath.Join(src, "images", name), name)
		if err != nil {
			return nil, fmt.Errorf("image %s: %w", name, err)
		}
		program, err := programLayer(binary, name)
		if err != nil {
			return nil, err
		}
		dev, err := newImage(imagePrefix+name+":dev", []string{"/" + programPath + name}, base, program)
		if err != nil {
			return nil, err
		}
		bare, err := newImage(imagePrefix+name+":scratch", []string{"/" + programPath + name}, program)
		if err != nil {
			return nil, err
		}
		images = append(images, dev, bare)
		programs[name] = program
	}
	more, err := userlandImages(programs[writerName])
	return append(images, more...), err
}

// buildImageProgram builds the Go program of a folder, which may be a module of its own. The result stays in the cache: the next build finds out
// by itself that nothing has changed.
func (c *cluster) buildImageProgram(ctx context.Context, dir, name string) (string, error) {
	result := filepath.Join(c.cache, "images", name)
	if err := os.MkdirAll(filepath.Dir(result), 0o755); err != nil {
		return "", err
	}
	return result, c.goBuild(ctx, dir, "-s -w", result, ".")
}

// parseGiven takes NAME[:TAG]=PATH apart. The tag is dev when there is none.
func parseGiven(arg string) (name, tag, path string, err error) {
	ref, path, ok := strings.Cut(arg, "=")
	name, tag, tagged := strings.Cut(ref, ":")
	if !tagged {
		tag = "dev"
	}
	if !ok || !imageName.MatchString(name) || !imageTag.MatchString(tag) {
		return "", "", "", fmt.Errorf("%q is not NAME=PATH or NAME:TAG=PATH", arg)
	}
	return name, tag, path, nil
}

// givenImage makes an image of what a user names: a folder with a recipe or with a Go main package, a static program, or a folder of files.
func (c *cluster) givenImage(ctx context.Context, arg, base string) (builtImage, error) {
	name, tag, path, err := parseGiven(arg)
	if err != nil {
		return builtImage{}, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return builtImage{}, err
	}
	ref := imagePrefix + name + ":" + tag
	if isRecipe(path) {
		return c.recipeImage(ctx, ref, path)
	}
	if strings.HasSuffix(path, ".tar") {
		return c.archivedImage(ref, path)
	}
	var layers []layer
	if base == "busybox" {
		shell, err := busyboxLayer()
		if err != nil {
			return builtImage{}, err
		}
		layers = append(layers, shell)
	}
	if info.IsDir() && !isMainPackage(path) {
		files, err := folderLayer(path)
		if err != nil {
			return builtImage{}, err
		}
		return newImage(ref, nil, append(layers, files)...)
	}
	if info.IsDir() {
		if path, err = c.buildImageProgram(ctx, path, name); err != nil {
			return builtImage{}, err
		}
	}
	program, err := programLayer(path, name)
	if err != nil {
		return builtImage{}, err
	}
	return newImage(ref, []string{"/" + programPath + name}, append(layers, program)...)
}
