package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// unneeded is what no program here reads: documentation, translations, and the bitcode and compiler of PostgreSQL's JIT, which would want all of LLVM.
var unneeded = []string{"usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/lintian", "usr/share/bug", "usr/lib/postgresql/*/lib/bitcode",
	"usr/lib/postgresql/*/lib/llvmjit*", "usr/lib/*/gconv"}

// debianLayer is what Debian packages have in them, together with what they depend on, and nothing of the host. It is downloaded and unpacked once.
func (c *cluster) debianLayer(ctx context.Context, r recipe) (layer, error) {
	root, err := c.debianRoot(ctx, r)
	if err != nil {
		return nil, err
	}
	return folderLayer(root)
}

// debianRoot gives the folder in which the packages are unpacked. It appears complete or not at all.
func (c *cluster) debianRoot(ctx context.Context, r recipe) (string, error) {
	key, err := json.Marshal(r)
	if err != nil {
		return "", err
	}
	release, err := os.ReadFile("/etc/os-release")
	if err != nil {
		return "", err
	}
	root := filepath.Join(c.cache, "recipes", fmt.Sprintf("%s-%.8x", r.Debian[0], sha256.Sum256(append(key, release...))))
	if _, err := os.Stat(root); err == nil {
		return root, nil
	}
	c.progress.printf("downloading the Debian packages of %s, once", strings.Join(r.Debian, " "))
	if err := os.MkdirAll(filepath.Dir(root), 0o755); err != nil {
		return "", err
	}
	work, err := os.MkdirTemp(filepath.Dir(root), ".debian-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(work)
	unpacked := filepath.Join(work, "root")
	if err := c.download(ctx, r, work, unpacked); err != nil {
		return "", err
	}
	if err := tidyRoot(unpacked, r.Bin); err != nil {
		return "", err
	}
	return root, os.Rename(unpacked, root)
}

// download resolves the packages as on an empty machine, so that the host's own packages make no difference, and unpacks those that are wanted.
func (c *cluster) download(ctx context.Context, r recipe, work, root string) error {
	apt := newApt(work)
	if err := apt.prepare(); err != nil {
		return err
	}
	if _, err := output(ctx, nil, apt.command("apt-get", "update")...); err != nil {
		return err
	}
	list, err := output(ctx, nil, apt.command("apt-get", append([]string{"install", "--print-uris"}, r.Debian...)...)...)
	if err != nil {
		return err
	}
	wanted, err := r.choose(parseURIs(string(list)))
	if err != nil {
		return err
	}
	c.progress.note("%d packages", len(wanted))
	download := append([]string{"env", "-C", apt.archives()}, apt.command("apt-get", append([]string{"download"}, wanted...)...)...)
	if _, err := output(ctx, nil, download...); err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(apt.archives(), "*.deb"))
	if err != nil {
		return err
	}
	if len(files) != len(wanted) {
		return fmt.Errorf("%d packages were downloaded, and not %d", len(files), len(wanted))
	}
	for _, file := range files {
		if _, err := output(ctx, nil, "dpkg-deb", "--extract", file, root); err != nil {
			return err
		}
	}
	return nil
}

// apt is an apt with a state of its own in a folder: nothing is installed there, and the host's state is not touched.
type apt struct{ dir string }

func newApt(work string) apt { return apt{filepath.Join(work, "apt")} }

func (a apt) archives() string { return filepath.Join(a.dir, "archives") }

func (a apt) prepare() error {
	for _, dir := range []string{a.archives(), filepath.Join(a.dir, "lists", "partial"), filepath.Join(a.dir, "cache", "archives", "partial")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(a.dir, "status"), nil, 0o644)
}

func (a apt) command(name string, args ...string) []string {
	return append([]string{
		name, "-qq",
		"-o", "Dir::State::Lists=" + filepath.Join(a.dir, "lists"),
		"-o", "Dir::State::Status=" + filepath.Join(a.dir, "status"),
		"-o", "Dir::Cache=" + filepath.Join(a.dir, "cache"),
		"-o", "APT::Install-Recommends=false",
		"-o", "APT::Sandbox::User=root", // the folder is root's
	}, args...)
}

// debianPackage is a package in the version that would be installed.
type debianPackage struct{ name, version string }

// parseURIs reads what "apt-get --print-uris" prints: 'URI' NAME_VERSION_ARCHITECTURE.deb SIZE CHECKSUM.
func parseURIs(text string) []debianPackage {
	var packages []debianPackage
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 2 || !strings.HasSuffix(fields[1], ".deb") {
			continue
		}
		parts := strings.Split(fields[1], "_")
		version, err := url.PathUnescape(strings.Join(parts[1:max(1, len(parts)-1)], "_"))
		if err == nil && version != "" {
			packages = append(packages, debianPackage{parts[0], version})
		}
	}
	return packages
}

// choose gives the packages to unpack, as apt-get takes them.
func (r recipe) choose(all []debianPackage) ([]string, error) {
	keep, err := regexp.Compile(r.Keep)
	if err != nil {
		return nil, fmt.Errorf("keep: %w", err)
	}
	drop, err := regexp.Compile(r.Drop)
	if err != nil {
		return nil, fmt.Errorf("drop: %w", err)
	}
	var chosen []string
	for _, p := range all {
		if keep.MatchString(p.name) && (r.Drop == "" || !drop.MatchString(p.name)) {
			chosen = append(chosen, p.name+"="+p.version)
		}
	}
	if len(chosen) == 0 {
		return nil, fmt.Errorf("none of the %d packages is to be kept", len(all))
	}
	slices.Sort(chosen)
	return chosen, nil
}

// tidyRoot removes what is not needed, adds the links that Debian's base system has, and puts programs on the image's PATH.
func tidyRoot(root string, bin []string) error {
	for _, pattern := range unneeded {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			return err
		}
		for _, path := range found {
			if err := os.RemoveAll(path); err != nil {
				return err
			}
		}
	}
	// Packages of Debian 13 have no /lib and /lib64, which are links there.
	for _, name := range []string{"lib", "lib64"} {
		_, missing := os.Lstat(filepath.Join(root, name))
		if _, err := os.Stat(filepath.Join(root, "usr", name)); err == nil && missing != nil {
			if err := os.Symlink("usr/"+name, filepath.Join(root, name)); err != nil {
				return err
			}
		}
	}
	return linkPrograms(root, bin)
}

func linkPrograms(root string, patterns []string) error {
	local := filepath.Join(root, programPath)
	if err := os.MkdirAll(local, 0o755); err != nil {
		return err
	}
	for _, pattern := range patterns {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return fmt.Errorf("no package has %s", pattern)
		}
		for _, path := range found {
			if err := os.Symlink(strings.TrimPrefix(path, root), filepath.Join(local, filepath.Base(path))); err != nil {
				return err
			}
		}
	}
	return nil
}
