package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"time"
)

// How long the parts of a start may take. The host may be busy with other tests, so these are far above what is usual.
const (
	startTimeout  = 120 * time.Second
	nodeTimeout   = 120 * time.Second
	repairTimeout = 60 * time.Second
)

// runUp makes sure that a healthy cluster runs, in whatever state the last command left it. On stdout it prints the line that a shell needs to
// use the cluster.
func (c *cluster) runUp(ctx context.Context, args []string) error {
	recorded, err := c.recorded()
	if err != nil {
		return err
	}
	if c.settings, err = parseSettings(args, c.getenv, recorded, c.stderr); err != nil {
		return err
	}
	if path := c.existing(); path != "" {
		return c.useExisting(ctx, path)
	}
	if recorded == nil {
		if k := c.findKind(ctx); k != nil {
			return c.withLock(ctx, func() error { return k.up(ctx) })
		}
	}
	if err := c.doctor(); err != nil {
		return err
	}
	return c.withLock(ctx, func() error {
		// Another "up" may have been at work until now.
		if recorded, err = c.recorded(); err != nil {
			return err
		}
		return c.up(ctx, recorded)
	})
}

func (c *cluster) withLock(ctx context.Context, do func() error) error {
	unlock, err := c.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	return do()
}

func (c *cluster) up(ctx context.Context, recorded *settings) error {
	if reason := c.unfit(recorded); reason == "" {
		if err := c.fitKwok(ctx); err != nil {
			return err
		}
		err := c.repair(ctx)
		if err == nil {
			return c.refresh(ctx)
		}
		if ctx.Err() != nil {
			return err
		}
		c.progress.printf("starting anew: %v", err)
	} else if recorded != nil {
		c.progress.printf("starting anew: %s", reason)
	}
	if err := c.tearDown(ctx); err != nil {
		return err
	}
	if err := c.startAll(ctx); err != nil {
		return err
	}
	return c.announce()
}

// unfit says why what is there cannot be the cluster that is wanted; nothing when it can.
func (c *cluster) unfit(recorded *settings) string {
	switch {
	case recorded == nil:
		return "there is none"
	case !reflect.DeepEqual(recorded.core(), c.core()):
		old, _ := json.Marshal(recorded) // cannot fail: it was read from JSON
		return "other settings are wanted than the running ones, " + string(old)
	}
	if _, err := os.Stat(c.readyMarker()); err != nil {
		return "the last start was not completed"
	}
	if !c.networkUp() {
		return "its network is gone"
	}
	return ""
}

// repair starts the components that are dead, and plugs in the nodes that were cut off.
func (c *cluster) repair(ctx context.Context) error {
	parts, err := c.components()
	if err != nil {
		return err
	}
	for n := 1; n <= c.Nodes; n++ {
		if err := c.cable(ctx, nodeName(n), "up"); err != nil {
			return err
		}
	}
	if err := c.bring(ctx, parts, repairTimeout); err != nil {
		return err
	}
	return c.awaitUsable(ctx, repairTimeout)
}

// refresh brings images that were changed since they were imported to the nodes.
func (c *cluster) refresh(ctx context.Context) error {
	images, err := c.ownImages(ctx)
	if err != nil {
		return err
	}
	if err := c.importImages(ctx, images); err != nil {
		return err
	}
	return c.announce()
}

// announce says that the cluster is up.
func (c *cluster) announce() error {
	simulated := ""
	if !c.NoKwok {
		simulated = ", and kwok for simulated ones"
	}
	c.progress.printf("the cluster is up: Kubernetes %s, %d nodes%s", c.Version, c.Nodes, simulated)
	c.printUse(c.kubeconfig())
	return nil
}

// startAll starts a cluster on a clean host.
func (c *cluster) startAll(ctx context.Context) error {
	if err := c.build(ctx, c.wantedPrograms()...); err != nil {
		return err
	}
	if err := writeJSON(c.path("settings.json"), c.settings); err != nil {
		return err
	}
	if err := c.writePKI(); err != nil {
		return err
	}
	if err := c.makeCgroups(); err != nil {
		return err
	}
	if err := c.changeHostSettings(); err != nil {
		return err
	}
	if err := c.startNetwork(ctx); err != nil {
		return err
	}
	if err := c.etcdFolder(); err != nil {
		return err
	}
	parts, cniFolder := c.controlPlane(), thisHost().cniFolder()
	for n := 1; n <= c.Nodes; n++ {
		if err := c.writeNode(n, cniFolder); err != nil {
			return err
		}
		parts = append(parts, c.node(n)...)
	}
	if !c.NoKwok {
		parts = append(parts, c.kwok())
	}
	for _, p := range parts {
		if err := c.remember(p); err != nil {
			return err
		}
	}
	return c.startParts(ctx)
}

func (c *cluster) startParts(ctx context.Context) error {
	parts, err := c.components() // in the right order
	if err != nil {
		return err
	}
	// The images are built and imported while the API server starts, and the first pods may need them at once.
	images := make(chan error, 1)
	go func() {
		built, err := c.ownImages(ctx)
		if err == nil {
			err = c.awaitContainerd(ctx, parts)
		}
		if err == nil {
			err = c.importImages(ctx, built)
		}
		images <- err
	}()
	err = c.bring(ctx, parts, startTimeout)
	if err := errors.Join(err, <-images); err != nil {
		return err
	}
	c.progress.printf("waiting for the nodes")
	if err := c.awaitUsable(ctx, nodeTimeout); err != nil {
		return err
	}
	return writeFile(c.readyMarker(), nil)
}

// bring starts what does not run and waits until all of it answers. A component that dies meanwhile gets two more tries, as a service manager would
// give it: a kubelet, for one, ends itself when it does not like what it finds, and a process that was killed just now may have seemed alive.
func (c *cluster) bring(ctx context.Context, parts []component, timeout time.Duration) error {
	for try := 1; ; try++ {
		err := c.startInOrder(ctx, parts, timeout)
		if err == nil {
			err = c.await(ctx, timeout, parts...)
		}
		if try == 3 || !errors.Is(err, errDead) {
			return err
		}
		c.progress.printf("trying again: %v", err)
	}
}

// startInOrder starts components. It waits for the API server before it starts what cannot live without it, and for each kubelet, since two of them
// must not start at the same moment.
func (c *cluster) startInOrder(ctx context.Context, parts []component, timeout time.Duration) error {
	for _, p := range parts {
		if _, alive := c.alive(p); !alive {
			c.progress.printf("starting %s", p)
			if err := c.start(p); err != nil {
				return err
			}
		}
		if p.Name == "kube-apiserver" || p.Name == "kubelet" {
			if err := c.await(ctx, timeout, p); err != nil {
				return err
			}
		}
	}
	return nil
}

// awaitContainerd waits until containerd answers on every node.
func (c *cluster) awaitContainerd(ctx context.Context, parts []component) error {
	for deadline := time.Now().Add(nodeTimeout); ; {
		var silent *component
		for _, p := range parts {
			if p.Name == "containerd" && c.answers(ctx, nil, p) != nil {
				silent = &p
			}
		}
		if silent == nil {
			return nil
		}
		if time.Now().After(deadline) {
			return c.failure(*silent, errors.New("does not answer"))
		}
		if err := sleep(ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
}

// printUse prints how to use the cluster, as a line that a person can copy and a shell can eval. A proxy is told about where it would be in the way.
func (c *cluster) printUse(kubeconfig string) {
	if first(c.getenv("HTTPS_PROXY"), c.getenv("https_proxy")) != "" {
		fmt.Fprintf(c.stderr, "HTTPS_PROXY is set: the cluster answers only where NO_PROXY has %s\n", controlPlaneIP)
	}
	fmt.Fprintln(c.stderr, "Use it with:")
	fmt.Fprintf(c.stdout, "export KUBECONFIG=%s\n", kubeconfig)
}
