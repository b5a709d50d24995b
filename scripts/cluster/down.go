package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
)

// runDown stops the cluster and removes everything of it but the built components.
func (c *cluster) runDown(ctx context.Context) error {
	if path := c.existing(); path != "" {
		c.progress.printf("E2E_KUBECONFIG names a cluster that is somebody else's: left alone")
		return nil
	}
	if err := c.stopKind(ctx); err != nil {
		return err
	}
	if os.Getuid() != 0 { // nothing but kind can have run
		return os.RemoveAll(c.dir)
	}
	return c.withLock(ctx, func() error {
		if err := c.tearDown(ctx); err != nil {
			return err
		}
		c.progress.printf("the cluster is down")
		return os.RemoveAll(c.dir) // and the lock file with it
	})
}

// tearDown removes all traces of a cluster but the state folder and the lock in it. It looks at the host and not at records, so that it also
// works after a kill in the middle of a start, and it can be repeated.
func (c *cluster) tearDown(ctx context.Context) error {
	// First, so that "up" takes nothing of what is left for a cluster when this is killed.
	if err := os.Remove(c.readyMarker()); err != nil && !os.IsNotExist(err) {
		return err
	}
	if err := c.killStrays(ctx); err != nil {
		return err
	}
	if err := c.removeNetwork(ctx); err != nil {
		return err
	}
	if err := removeCgroups(ctx); err != nil {
		return err
	}
	// Before the state folder goes: it holds the names of the files elsewhere.
	c.sweepFiles()
	if err := c.restoreHostSettings(); err != nil {
		return err
	}
	if err := c.unmountAll(ctx); err != nil {
		return err
	}
	return c.emptyState()
}

// unmountAll unmounts what lies in the state folder: the pods' filesystems and secrets, and the network namespaces. Lazily, since a process of
// somebody else may stand in one of them.
func (c *cluster) unmountAll(ctx context.Context) error {
	mounts, err := mountsBelow(c.dir)
	if err != nil || len(mounts) == 0 {
		return err
	}
	_, err = output(ctx, nil, append([]string{"umount", "--lazy"}, mounts...)...)
	return err
}

// emptyState removes everything in the state folder but the lock. It refuses while something is still mounted there, because what would then be
// removed may not be ours.
func (c *cluster) emptyState() error {
	if mounts, err := mountsBelow(c.dir); err != nil || len(mounts) > 0 {
		return errors.Join(err, errors.New("still mounted: "+strings.Join(mounts, ", ")))
	}
	entries, err := os.ReadDir(c.dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if entry.Name() != "lock" {
			if err := os.RemoveAll(c.path(entry.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// sweepFiles removes the files that the programs insist on keeping outside of the state folder. Folders go with them when they are empty: with
// another container runtime on the host they are not. What cannot be removed is no harm, so nothing here is an error.
func (c *cluster) sweepFiles() {
	// Sockets of containerd's helpers: each container's folder names its own.
	addresses, _ := filepath.Glob(c.path("node*", "containerd", "state", "io.containerd.runtime.v2.task", "k8s.io", "*", "address"))
	for _, file := range addresses {
		if data, err := os.ReadFile(file); err == nil {
			_ = os.Remove(strings.TrimPrefix(strings.TrimSpace(string(data)), "unix://"))
		}
	}
	// What the CNI library remembers of each pod's network; the path of the pod's network namespace tells ours.
	results, _ := filepath.Glob("/var/lib/cni/results/*")
	for _, file := range results {
		if data, err := os.ReadFile(file); err == nil && strings.Contains(string(data), c.dir+"/") {
			_ = os.Remove(file)
		}
	}
	// The kubelets, one in place of the other, listen here for device plugins. Doctor makes sure that no other kubelet does.
	_ = os.Remove(deviceSocket)
	// Links of the kubelets to the logs of containers.
	links, _ := filepath.Glob("/var/log/containers/*.log")
	for _, link := range links {
		if target, err := os.Readlink(link); err == nil && strings.HasPrefix(target, c.dir+"/") {
			_ = os.Remove(link)
		}
	}
	for _, dir := range []string{"/var/log/containers", "/var/lib/cni/results", "/var/lib/cni", "/var/lib/kubelet/device-plugins", "/var/lib/kubelet",
		"/run/containerd/s", "/run/containerd"} {
		_ = os.Remove(dir) // fails when something else is in it
	}
}
