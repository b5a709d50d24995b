// Command image makes a container image of a plugin, without a container engine: the
// program, the certificates of the public CAs, and nothing else, for each architecture of
// Linux that the program was built for. The same programs give the same bytes.
//
//	go -C scripts/image run . -build ../../dist/build -plugin stagger -out ../../dist/kubectl-stagger.oci.tar
//
// The result is an archive of an OCI image layout, which skopeo, podman load, ctr images
// import and this repository's scripts/cluster load take. With -push it goes to a
// registry, with the credentials that docker login or podman login has left.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
}

// options are the command line's.
type options struct {
	build, program, plugin, version, out, push string
}

func run(ctx context.Context, args []string) error {
	var o options
	fs := flag.NewFlagSet("image", flag.ContinueOnError)
	fs.StringVar(&o.build, "build", "../../dist/build", "folder with the built programs: linux_amd64/kubectl-NAME and so on, as make dist leaves it")
	fs.StringVar(&o.program, "program", "", "one built program, in place of -build: an image of its architecture alone")
	fs.StringVar(&o.plugin, "plugin", "stagger", "which plugin: its name without kubectl-")
	fs.StringVar(&o.version, "version", "", "version, for the image's labels")
	fs.StringVar(&o.out, "out", "", "file to write: an archive of an OCI image layout")
	fs.StringVar(&o.push, "push", "", "image to push, as REGISTRY/NAME:TAG")
	if err := fs.Parse(args); err != nil {
		return err
	}
	if o.out == "" && o.push == "" {
		return fmt.Errorf("where to? Give -out FILE or -push REGISTRY/NAME:TAG")
	}
	index, err := o.index()
	if err != nil {
		return err
	}
	if o.out != "" {
		if err := writeArchive(o.out, index); err != nil {
			return fmt.Errorf("%s: %w", o.out, err)
		}
	}
	if o.push == "" {
		return nil
	}
	return push(ctx, o.push, index)
}

func push(ctx context.Context, to string, index v1.ImageIndex) error {
	ref, err := name.ParseReference(to)
	if err != nil {
		return fmt.Errorf("-push: %w", err)
	}
	return remote.WriteIndex(ref, index, remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain))
}

// programs are the built programs of the plugin, by architecture.
func (o *options) programs() (map[string]string, error) {
	if o.program != "" {
		arch, err := architecture(o.program)
		return map[string]string{arch: o.program}, err
	}
	found := map[string]string{}
	for _, arch := range []string{"amd64", "arm64"} {
		path := filepath.Join(o.build, "linux_"+arch, "kubectl-"+o.plugin)
		if _, err := os.Stat(path); err == nil {
			found[arch] = path
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("-build %s has no linux_*/kubectl-%s: make dist makes them", o.build, o.plugin)
	}
	return found, nil
}
