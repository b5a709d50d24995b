package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"
)

// componentError is a component that did not do what it was started for.
type componentError struct {
	component component
	err       error
	log       string // path
}

func (e *componentError) Unwrap() error { return e.err }

// Error ends with the last lines of the component's log: more often than not they are all that is needed.
func (e *componentError) Error() string {
	text := fmt.Sprintf("%s: %v", e.component, e.err)
	data, err := os.ReadFile(e.log)
	if err != nil {
		return text
	}
	return fmt.Sprintf("%s\nThe last lines of %s:\n%s", text, e.log, lastLines(string(data), 15))
}

func (c *cluster) failure(p component, err error) error {
	return &componentError{component: p, err: err, log: c.logFile(p)}
}

// await waits until all the components answer. One that dies is reported at once, one that is still silent after the timeout then.
func (c *cluster) await(ctx context.Context, timeout time.Duration, parts ...component) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	defer c.progress.watch()()
	deadline := time.Now().Add(timeout)
	for _, p := range parts {
		for {
			err := c.healthy(ctx, client, p)
			if err == nil {
				break
			}
			c.progress.note("%s: %v", p, err)
			if time.Now().After(deadline) {
				return c.failure(p, err)
			}
			// Any of them: one may wait for ever for another that has died meanwhile.
			if err := c.allAlive(parts); err != nil {
				return err
			}
			if err := sleep(ctx, 100*time.Millisecond); err != nil {
				return err
			}
		}
	}
	return nil
}

var errDead = errors.New("the process is dead")

// healthy checks one component: its process, and what it answers.
func (c *cluster) healthy(ctx context.Context, client *http.Client, p component) error {
	pid, alive := c.alive(p)
	if !alive {
		return errDead
	}
	if p.Name == "kubelet" && !listens(pid, deviceSocket) {
		return errors.New("does not listen for device plugins yet")
	}
	return c.answers(ctx, client, p)
}

func (c *cluster) allAlive(parts []component) error {
	for _, p := range parts {
		if _, alive := c.alive(p); !alive {
			return c.failure(p, errDead)
		}
	}
	return nil
}

// awaitUsable waits until a pod could be started.
func (c *cluster) awaitUsable(ctx context.Context, timeout time.Duration) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	parts, err := c.components()
	if err != nil {
		return err
	}
	defer c.progress.watch()()
	for deadline := time.Now().Add(timeout); ; {
		err := c.usable(ctx, client)
		if err == nil {
			return nil
		}
		c.progress.note("%v", err)
		if err := c.allAlive(parts); err != nil {
			return err
		}
		if time.Now().After(deadline) {
			return c.failure(culprit(parts, err), err)
		}
		if err := sleep(ctx, 200*time.Millisecond); err != nil {
			return err
		}
	}
}

// culprit gives the component whose log most likely says why the cluster is not usable: the kubelet of a node that is not Ready, otherwise the
// controller manager, which makes the ServiceAccounts.
func culprit(parts []component, err error) component {
	var nodes *notReadyError
	for _, p := range parts {
		if errors.As(err, &nodes) && p.Name == "kubelet" && p.Node == nodes.nodes[0] {
			return p
		}
		if !errors.As(err, &nodes) && p.Name == "kube-controller-manager" {
			return p
		}
	}
	return component{Name: "cluster"}
}
