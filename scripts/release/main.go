// Command release makes what a release consists of, without network or secrets: an
// archive of each plugin for each platform, the same bytes from the same sources,
// checksums, a list of what is linked (SPDX), and krew's manifests with the archives'
// checksums.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
)

// release is one run.
type release struct {
	root    string // of the repository
	out     string
	version string
	// epoch is the time of all files in archives, in seconds.
	epoch     int64
	platforms []platform
	plugins   []string
	// compile builds a package into a binary.
	compile func(ctx context.Context, pkg, binary string, p platform) error
}

// platform is one that archives are made for.
type platform struct{ os, arch string }

func (p platform) String() string { return p.os + "_" + p.arch }

// supported are the platforms of a release.
func supported() []platform {
	return []platform{{"linux", "amd64"}, {"linux", "arm64"}, {"darwin", "amd64"}, {"darwin", "arm64"}, {"windows", "amd64"}, {"windows", "arm64"}}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	r := &release{}
	r.compile = r.goBuild
	return r.run(ctx, args)
}

func (r *release) run(ctx context.Context, args []string) error {
	fs := flag.NewFlagSet("release", flag.ContinueOnError)
	fs.StringVar(&r.root, "root", ".", "the repository")
	fs.StringVar(&r.out, "out", "dist", "where everything goes; what is there is removed")
	fs.StringVar(&r.version, "version", "", "the version: v1.2.3, or of git describe")
	only := fs.String("platforms", "", "some of the platforms: linux/amd64,darwin/arm64 (default all)")
	if err := fs.Parse(args); err != nil {
		return err
	}
	if err := r.prepare(ctx, *only); err != nil {
		return err
	}
	for _, p := range r.platforms {
		for _, plugin := range r.plugins {
			fmt.Printf("kubectl-%s for %s/%s\n", plugin, p.os, p.arch)
			if err := r.build(ctx, plugin, p); err != nil {
				return err
			}
		}
	}
	if err := r.writeChecksums(); err != nil {
		return err
	}
	if len(r.platforms) < len(supported()) {
		fmt.Println("not all platforms: no krew manifests")
		return nil
	}
	return r.writeManifests()
}

// prepare finds out what is to be made, and empties the output folder.
func (r *release) prepare(ctx context.Context, only string) error {
	for _, p := range supported() {
		if only == "" || strings.Contains(","+only+",", ","+p.os+"/"+p.arch+",") {
			r.platforms = append(r.platforms, p)
		}
	}
	if len(r.platforms) == 0 {
		return fmt.Errorf("-platforms %s: none of %v", only, supported())
	}
	mains, err := filepath.Glob(filepath.Join(r.root, "plugins/kubectl-*/main.go"))
	if err != nil || len(mains) == 0 {
		return fmt.Errorf("-root %s: there are no plugins (%v)", r.root, err)
	}
	for _, path := range mains {
		r.plugins = append(r.plugins, strings.TrimPrefix(filepath.Base(filepath.Dir(path)), "kubectl-"))
	}
	if err := r.identify(ctx); err != nil {
		return err
	}
	if err := os.RemoveAll(r.out); err != nil {
		return err
	}
	return os.MkdirAll(r.out, 0o755)
}
