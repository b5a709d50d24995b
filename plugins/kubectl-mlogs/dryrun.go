package main

import (
	"context"
	"encoding/json"

	"github.com/kubechores/kubechores/pkg/cli"
	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/render"
)

// target is a container's log, or a file in it, that would be read.
type target struct {
	Context   string              `json:"context,omitempty"`
	Namespace string              `json:"namespace"`
	Pod       string              `json:"pod"`
	Container string              `json:"container"`
	Kind      kube.ContainerKind  `json:"kind"`
	State     kube.ContainerState `json:"state"`
	Reason    string              `json:"reason,omitempty"`
	Restarts  int32               `json:"restarts"`
	Node      string              `json:"node,omitempty"`
	File      string              `json:"file,omitempty"`
}

// runDry lists what would be read: a table, or with -o json one object a line.
func (o *options) runDry(ctx context.Context, clusters []*kube.Cluster) error {
	var targets []target
	for _, c := range clusters {
		pods, _, err := c.ListPods(ctx, o.selection())
		if err != nil {
			return err
		}
		for _, pod := range pods {
			targets = append(targets, o.targets(c, pod)...)
		}
	}
	if o.output.format == render.JSON || o.output.format == render.ExtJSON {
		encoder := json.NewEncoder(o.Out)
		encoder.SetEscapeHTML(false)
		for _, t := range targets {
			if err := encoder.Encode(t); err != nil {
				return err
			}
		}
		return nil
	}
	if len(targets) == 0 {
		newNotices(o.ErrOut).Printf("nothing would be read: no container is selected in %s", o.selection().Where(clusters[0]))
		return nil
	}
	return o.table(targets, len(clusters) > 1)
}

func (o *options) targets(c *kube.Cluster, pod *kube.Pod) []target {
	var targets []target
	filter := o.filter()
	for i := range pod.Containers {
		container := &pod.Containers[i]
		if !filter.Wants(container) {
			continue
		}
		for _, file := range o.logs() {
			targets = append(targets, target{c.Context, pod.Namespace, pod.Name, container.Name, container.Kind,
				container.State, container.Reason, container.Restarts, pod.Node, file})
		}
	}
	return targets
}

func (o *options) table(targets []target, withContext bool) error {
	columns := []string{"NAMESPACE", "POD", "CONTAINER", "KIND", "STATE", "RESTARTS", "NODE"}
	if withContext {
		columns = append([]string{"CONTEXT"}, columns...)
	}
	if len(o.files) > 0 {
		columns = append(columns, "FILE")
	}
	table := cli.NewTable(columns...)
	for _, t := range targets {
		state := string(t.State)
		if t.Reason != "" {
			state = t.Reason
		}
		row := []any{t.Namespace, t.Pod, t.Container, string(t.Kind), state, t.Restarts, orDash(t.Node)}
		if withContext {
			row = append([]any{t.Context}, row...)
		}
		if len(o.files) > 0 {
			row = append(row, orDash(t.File))
		}
		table.Add(row...)
	}
	return table.Print(o.Out)
}

func orDash(s string) string {
	if s == "" {
		return "<none>"
	}
	return s
}
