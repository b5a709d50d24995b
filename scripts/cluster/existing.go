package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"
)

// existing gives the kubeconfig of a cluster that the user runs, empty when there is none.
func (c *cluster) existing() string { return c.getenv("E2E_KUBECONFIG") }

// useExisting checks that the user's cluster answers and points at it. Nothing is started.
func (c *cluster) useExisting(ctx context.Context, path string) error {
	if err := c.checkExisting(ctx, path); err != nil {
		return err
	}
	c.printUse(path)
	return nil
}

// checkExisting asks through kubectl, which knows every way to log in that a kubeconfig may describe.
func (c *cluster) checkExisting(ctx context.Context, path string) error {
	// "go -C" and make run this program in other folders than the user's.
	if !filepath.IsAbs(path) {
		return fmt.Errorf("E2E_KUBECONFIG must be an absolute path, not %q", path)
	}
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	if _, err := output(ctx, nil, "kubectl", "--kubeconfig", path, "--request-timeout=10s", "get", "--raw", "/readyz"); err != nil {
		return fmt.Errorf("the cluster of %s does not answer: %w", path, err)
	}
	c.progress.printf("the cluster of %s answers", path)
	return nil
}
