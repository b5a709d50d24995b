package main

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// runStatus prints each component and whether it is healthy. It fails when one is not.
func (c *cluster) runStatus(ctx context.Context) error {
	if path := c.existing(); path != "" {
		return c.checkExisting(ctx, path)
	}
	if k := c.runningKind(); k != "" {
		return c.checkExisting(ctx, k)
	}
	if err := c.loadSettings(); err != nil {
		return err
	}
	parts, err := c.components()
	if err != nil {
		return err
	}
	client, err := c.client()
	if err != nil {
		return fmt.Errorf("a start was not completed (%w); run \"up\"", err)
	}
	sick := 0
	for _, p := range parts {
		pid, _ := c.alive(p)
		if err := c.healthy(ctx, client, p); err != nil {
			sick++
			fmt.Fprintf(c.stdout, "%-26s %v; log: %s\n", p, err, c.logFile(p))
			continue
		}
		fmt.Fprintf(c.stdout, "%-26s ok, process %d\n", p, pid)
	}
	if err := c.usable(ctx, client); err != nil {
		sick++
		fmt.Fprintf(c.stdout, "%-26s %v\n", "cluster", err)
	}
	if _, err := os.Stat(c.readyMarker()); err != nil || !c.networkUp() {
		return errors.New("the cluster was not started completely; run \"up\"")
	}
	if sick > 0 {
		return fmt.Errorf("not healthy; \"up\" repairs it")
	}
	return nil
}

// runKubeconfig prints the path of the kubeconfig, of whichever cluster up would use.
func (c *cluster) runKubeconfig() error {
	path := first(c.existing(), c.kubeconfig())
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("no cluster is running here; start one with \"up\"")
	}
	fmt.Fprintln(c.stdout, path)
	return nil
}
