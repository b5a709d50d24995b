package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
)

// runFault stops, starts or restarts one component.
func (c *cluster) runFault(ctx context.Context, verb string, args []string) error {
	if err := c.native(); err != nil {
		return err
	}
	p, err := c.named(verb, args)
	if err != nil {
		return err
	}
	return c.withLock(ctx, func() error {
		if verb != "start" {
			if err := c.stop(p); err != nil {
				return err
			}
			c.progress.printf("stopped %s", p)
		}
		if verb == "stop" {
			return nil
		}
		if _, alive := c.alive(p); !alive {
			if err := c.start(p); err != nil {
				return err
			}
		}
		if err := c.await(ctx, repairTimeout, p); err != nil {
			return err
		}
		c.progress.printf("started %s", p)
		return nil
	})
}

// native makes sure that the cluster is one whose processes can be reached, and loads its settings.
func (c *cluster) native() error {
	if c.existing() != "" || c.runningKind() != "" {
		return errors.New("only on a cluster that this program runs itself, not on kind or the one of E2E_KUBECONFIG")
	}
	return c.loadSettings()
}

func (c *cluster) named(verb string, args []string) (component, error) {
	parts, err := c.components()
	if err != nil {
		return component{}, err
	}
	if len(args) == 0 || len(args) > 2 {
		return component{}, fmt.Errorf("%s takes COMPONENT [NODE]", verb)
	}
	wanted := component{Name: args[0]}
	if len(args) == 2 {
		wanted.Node = args[1]
	}
	var known []string
	for _, p := range parts {
		if p.Name == wanted.Name && p.Node == wanted.Node {
			return p, nil
		}
		known = append(known, p.String())
	}
	return component{}, fmt.Errorf("no component %q; there are %q", wanted, known)
}

// runCable cuts a node off from the network, or ends that.
func (c *cluster) runCable(ctx context.Context, verb string, args []string) error {
	if err := c.native(); err != nil {
		return err
	}
	if len(args) != 1 {
		return fmt.Errorf("%s takes NODE", verb)
	}
	if _, err := c.nodeOf(args[0]); err != nil {
		return err
	}
	state := map[string]string{"connect": "up", "disconnect": "down"}[verb]
	return c.withLock(ctx, func() error { return c.cable(ctx, args[0], state) })
}

// cable sets the node's port of the bridge up or down. The node's own end keeps its addresses and routes.
func (c *cluster) cable(ctx context.Context, node, state string) error {
	return c.ip(ctx, hub, "link set "+node+" "+state)
}

// runLoad brings further images to the nodes.
func (c *cluster) runLoad(ctx context.Context, args []string) error {
	fs := flag.NewFlagSet("load", flag.ContinueOnError)
	fs.SetOutput(c.stderr)
	base := fs.String("base", "busybox", "what lies below the program or the files: busybox or scratch")
	if err := fs.Parse(args); err != nil {
		return err
	}
	if *base != "busybox" && *base != "scratch" {
		return fmt.Errorf("load: -base is busybox or scratch, not %q", *base)
	}
	if fs.NArg() == 0 {
		return errors.New("load takes NAME=PATH or NAME:TAG=PATH, one or more")
	}
	if c.existing() != "" {
		return errors.New("images cannot be loaded into the cluster of E2E_KUBECONFIG")
	}
	if c.runningKind() == "" {
		if err := c.loadSettings(); err != nil {
			return err
		}
	}
	return c.withLock(ctx, func() error {
		var images []builtImage
		for _, arg := range fs.Args() {
			image, err := c.givenImage(ctx, arg, *base)
			if err != nil {
				return err
			}
			images = append(images, image)
		}
		if c.runningKind() != "" {
			return c.loadKind(ctx, images)
		}
		if err := c.importImages(ctx, images); err != nil {
			return err
		}
		for _, image := range images {
			fmt.Fprintln(c.stdout, image.ref)
		}
		return nil
	})
}
