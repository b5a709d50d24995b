package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// kindName is the name that kind knows the cluster by.
const kindName = "kubechores"

// kind is a cluster of containers, for hosts with a Docker engine.
type kind struct {
	*cluster
	image string
}

// findKind finds out whether kind can be used without a download: a Docker engine that answers, kind, and an image for its nodes. Otherwise nil.
func (c *cluster) findKind(ctx context.Context) *kind {
	if c.getenv(envPrefix+"NATIVE") != "" {
		return nil
	}
	for _, tool := range []string{"kind", "docker"} {
		if _, err := exec.LookPath(tool); err != nil {
			return nil
		}
	}
	if _, err := output(ctx, nil, "docker", "info"); err != nil {
		return nil
	}
	out, err := output(ctx, nil, "docker", "images", "--format", "{{.Repository}}:{{.Tag}}", "kindest/node")
	images := strings.Fields(string(out))
	if err != nil || len(images) == 0 {
		return nil
	}
	return &kind{cluster: c, image: images[0]}
}

// kindMarker tells that the cluster of the state folder is one of kind.
func (c *cluster) kindMarker() string { return c.path("kind") }

// runningKind gives the kubeconfig of the kind cluster that was started here, empty when there is none.
func (c *cluster) runningKind() string {
	if _, err := os.Stat(c.kindMarker()); err != nil {
		return ""
	}
	return c.kubeconfig()
}

func (k *kind) up(ctx context.Context) error {
	if k.runningKind() != "" && k.checkExisting(ctx, k.kubeconfig()) == nil {
		return k.finish(ctx)
	}
	k.progress.printf("starting a kind cluster of %s", k.image)
	if err := writeFile(k.kindMarker(), nil); err != nil {
		return err
	}
	defer k.progress.watch()()
	if err := k.deleteKind(ctx); err != nil {
		return err
	}
	config := "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnodes:\n- role: control-plane\n" + strings.Repeat("- role: worker\n", k.Nodes)
	_, err := output(ctx, []byte(config), "kind", "create", "cluster", "--name", kindName, "--image", k.image,
		"--kubeconfig", k.kubeconfig(), "--config", "-", "--wait", "3m")
	if err != nil {
		return err
	}
	return k.finish(ctx)
}

func (k *kind) finish(ctx context.Context) error {
	images, err := k.ownImages(ctx)
	if err != nil {
		return err
	}
	if err := k.loadKind(ctx, images); err != nil {
		return err
	}
	k.printUse(k.kubeconfig())
	return nil
}

// loadKind brings images to the nodes of the kind cluster.
func (c *cluster) loadKind(ctx context.Context, images []builtImage) error {
	data, err := c.archive(images)
	if err != nil {
		return err
	}
	file := c.path("images.tar")
	if err := writeFile(file, data); err != nil {
		return err
	}
	defer os.Remove(file)
	_, err = output(ctx, nil, "kind", "load", "image-archive", "--name", kindName, file)
	return err
}

// stopKind deletes the kind cluster that was started here, if there is one.
func (c *cluster) stopKind(ctx context.Context) error {
	if c.runningKind() == "" {
		return nil
	}
	if _, err := exec.LookPath("kind"); err != nil {
		return errors.New("this cluster was started with kind, and kind is not on PATH any more")
	}
	c.progress.printf("deleting the kind cluster")
	if err := c.deleteKind(ctx); err != nil {
		return err
	}
	return os.Remove(c.kindMarker())
}

func (c *cluster) deleteKind(ctx context.Context) error {
	if _, err := output(ctx, nil, "kind", "delete", "cluster", "--name", kindName, "--kubeconfig", c.kubeconfig()); err != nil {
		return fmt.Errorf("kind: %w", err)
	}
	return nil
}
