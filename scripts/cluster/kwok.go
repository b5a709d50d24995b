package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
)

// kwok plays nodes: it keeps every Node with kwokAnnotation Ready and lets the pods that are bound to it run, without a machine behind it.
const (
	kwokName       = "kwok"
	kwokAnnotation = "kwok.x-k8s.io/node=fake"
	// kwokVersion is the version that kwok/go.mod asks for. It cannot be embedded from another module, so a test compares the two.
	kwokVersion = "v0.8.0"
	kwokAddress = controlPlaneIP + ":10247"
	// kwokPods are addresses that pods on simulated nodes only claim to have. Nobody routes them; they are reserved for benchmarks.
	kwokPods = "198.18.0.0/15"
)

var kwokProgram = program{name: kwokName, pkg: "sigs.k8s.io/kwok/cmd/kwok", module: kwokName}

// kwokFolder keeps kwok in the cache beside the versions of Kubernetes: it works with all of them.
func (c *cluster) kwokFolder() string { return filepath.Join(c.cache, kwokName+"-"+kwokVersion) }

// kwokStages is the file that tells kwok what a node and a pod go through.
func (c *cluster) kwokStages() string { return filepath.Join(c.kwokFolder(), "stages.yaml") }

// kwok is the component, which lives in the hub.
func (c *cluster) kwok() component {
	return component{Name: kwokName, NetNS: c.netns(hub), Args: []string{
		c.bin(kwokName),
		"--kubeconfig=" + c.kubeconfig(),
		"--config=" + c.kwokStages(),
		"--manage-nodes-with-annotation-selector=" + kwokAnnotation,
		"--node-lease-duration-seconds=40", // as a kubelet's
		"--node-ip=" + controlPlaneIP,
		"--cidr=" + kwokPods,
		"--server-address=" + kwokAddress,
	}}
}

// fitKwok lets the running cluster have simulated nodes or not, as is wanted. That needs no new start of the rest.
func (c *cluster) fitKwok(ctx context.Context) error {
	if c.NoKwok {
		if err := c.forgetKwok(); err != nil {
			return err
		}
		return writeJSON(c.path("settings.json"), c.settings)
	}
	if err := c.build(ctx, kwokProgram); err != nil {
		return fmt.Errorf("%w\nWithout simulated nodes: up -kwok=false", err)
	}
	if err := writeJSON(c.path("settings.json"), c.settings); err != nil {
		return err
	}
	wanted := c.kwok()
	if running, err := c.named("start", []string{kwokName}); err == nil && reflect.DeepEqual(running, wanted) {
		return nil
	}
	if err := c.stop(wanted); err != nil { // one with other flags
		return err
	}
	return c.remember(wanted)
}

func (c *cluster) forgetKwok() error {
	if err := c.stop(component{Name: kwokName}); err != nil {
		return err
	}
	if err := os.Remove(c.recordFile(component{Name: kwokName})); err != nil && !os.IsNotExist(err) {
		return err
	}
	return nil
}

// writeKwokStages takes the stages from kwok's own module: nodes and pods that do at once what is asked of them.
func (c *cluster) writeKwokStages(ctx context.Context, src string) error {
	out, err := output(ctx, nil, "env", "GOWORK=off", "go", "-C", filepath.Join(src, kwokName), "mod", "download", "-json", "sigs.k8s.io/kwok")
	if err != nil {
		return err
	}
	var module struct{ Dir string }
	if err := json.Unmarshal(out, &module); err != nil {
		return err
	}
	var stages []string
	for _, folder := range []string{"node/fast", "node/heartbeat-with-lease", "pod/fast"} {
		files, err := filepath.Glob(filepath.Join(module.Dir, "kustomize", "stage", folder, "*.yaml"))
		if err != nil {
			return err
		}
		found := len(stages)
		for _, file := range files {
			if filepath.Base(file) == "kustomization.yaml" {
				continue
			}
			data, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			stages = append(stages, string(data))
		}
		if len(stages) == found {
			return fmt.Errorf("kwok %s has no stages %s", kwokVersion, folder)
		}
	}
	return writeFile(c.kwokStages(), []byte(strings.Join(stages, "\n---\n")))
}
