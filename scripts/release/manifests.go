package main

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kubechores/kubechores/krew"
)

// writeChecksums lists the archives and lists of modules, in the format of sha256sum.
func (r *release) writeChecksums() error {
	var files []string
	for _, pattern := range []string{"*.tar.gz", "*.spdx.json"} {
		found, err := filepath.Glob(filepath.Join(r.out, pattern))
		if err != nil {
			return err
		}
		files = append(files, found...)
	}
	slices.Sort(files)
	var b strings.Builder
	for _, name := range files {
		sum, err := krew.Checksum(name)
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "%s  %s\n", sum, filepath.Base(name))
	}
	return os.WriteFile(filepath.Join(r.out, "checksums.txt"), []byte(b.String()), 0o644)
}

// writeManifests fills in krew's manifests, and judges them and the archives by krew's
// rules.
func (r *release) writeManifests() error {
	if err := os.MkdirAll(filepath.Join(r.out, "krew"), 0o755); err != nil {
		return err
	}
	var wrong []error
	for _, plugin := range r.plugins {
		if err := r.writeManifest(plugin); err != nil {
			wrong = append(wrong, fmt.Errorf("krew/%s.yaml: %w", plugin, err))
		}
	}
	return errors.Join(wrong...)
}

func (r *release) writeManifest(plugin string) error {
	text, err := os.ReadFile(filepath.Join(r.root, "krew", plugin+".yaml"))
	if err != nil {
		return err
	}
	tag := r.version
	if !strings.HasPrefix(tag, "v") {
		tag = "v0.0.0-" + tag // not a release: a version that krew takes all the same
	}
	archive := func(uri string) string { return filepath.Join(r.out, path.Base(uri)) }
	text, err = krew.Render(text, tag, func(uri string) (string, error) { return krew.Checksum(archive(uri)) })
	if err != nil {
		return err
	}
	m, err := krew.Parse(text)
	if err != nil {
		return err
	}
	wrong := []error{m.Validate(plugin + ".yaml")}
	for i := range m.Spec.Platforms {
		p := &m.Spec.Platforms[i]
		wrong = append(wrong, p.CheckArchive(archive(p.URI)))
	}
	if err := errors.Join(wrong...); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(r.out, "krew", plugin+".yaml"), text, 0o644)
}
