package migrate

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

// Client is a workload that had a proxy beside it, without it.
type Client struct {
	// Object is the workload, all that is not changed as it was.
	Object map[string]any
	// Changed says what was changed, Left what has to be done by hand: a sentence each.
	Changed, Left []string
}

// Address is where a Service serves an instance.
type Address struct {
	Host string
	Port int
}

// WithoutSidecars takes proxies out of the workload that runs them, and has its other
// containers ask a Service instead. addresses are the Services' by the port that a
// sidecar heard on; labels are what the shared proxy lets in. object is not changed.
func WithoutSidecars(object map[string]any, sidecars []*snapshot.Proxy, addresses map[int]Address, labels map[string]string) (*Client, error) {
	c := &Client{Object: (&unstructured.Unstructured{Object: object}).DeepCopy().Object}
	clean(c.Object)
	template := templatePath(sidecars[0].Kind)
	path := append(slices.Clone(template), "spec")
	spec, found, err := unstructured.NestedMap(c.Object, path...)
	if err != nil || !found {
		return nil, fmt.Errorf("%s %s has no pod template", sidecars[0].Kind, sidecars[0].Name)
	}
	names := make([]string, 0, len(sidecars))
	for _, p := range sidecars {
		names = append(names, p.Container.Name)
	}
	for _, list := range []string{"initContainers", "containers"} {
		c.drop(spec, list, names)
	}
	c.dropVolumes(spec)
	for _, list := range []string{"initContainers", "containers"} {
		c.redirect(spec, list, sidecars, addresses)
	}
	if err := unstructured.SetNestedMap(c.Object, spec, path...); err != nil {
		return nil, err
	}
	return c, c.label(template, labels)
}

// templatePath is where a kind has its pod template.
func templatePath(kind string) []string {
	switch kind {
	case "Pod":
		return nil
	case "CronJob":
		return []string{"spec", "jobTemplate", "spec", "template"}
	}
	return []string{"spec", "template"}
}

// clean takes out what the API server fills in.
func clean(object map[string]any) {
	delete(object, "status")
	for _, field := range []string{"uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink"} {
		unstructured.RemoveNestedField(object, "metadata", field)
	}
	for _, annotation := range []string{"kubectl.kubernetes.io/last-applied-configuration", "deployment.kubernetes.io/revision"} {
		unstructured.RemoveNestedField(object, "metadata", "annotations", annotation)
	}
}

func containersOf(spec map[string]any, list string) []map[string]any {
	raw, _ := spec[list].([]any)
	all := make([]map[string]any, 0, len(raw))
	for _, one := range raw {
		if m, ok := one.(map[string]any); ok {
			all = append(all, m)
		}
	}
	return all
}

func set(spec map[string]any, list string, all []map[string]any) {
	if len(all) == 0 {
		delete(spec, list)
		return
	}
	raw := make([]any, 0, len(all))
	for _, one := range all {
		raw = append(raw, one)
	}
	spec[list] = raw
}

func text(m map[string]any, field string) string {
	value, _ := m[field].(string)
	return value
}

// drop takes the containers of these names out.
func (c *Client) drop(spec map[string]any, list string, names []string) {
	all := containersOf(spec, list)
	if len(all) == 0 {
		return
	}
	rest := slices.DeleteFunc(slices.Clone(all), func(m map[string]any) bool { return slices.Contains(names, text(m, "name")) })
	for _, m := range all {
		if slices.Contains(names, text(m, "name")) {
			c.Changed = append(c.Changed, fmt.Sprintf("the container %s is taken out of %s", text(m, "name"), list))
		}
	}
	set(spec, list, rest)
}

// dropVolumes takes volumes out that no container mounts any more.
func (c *Client) dropVolumes(spec map[string]any) {
	mounted := map[string]bool{}
	for _, list := range []string{"initContainers", "containers", "ephemeralContainers"} {
		for _, container := range containersOf(spec, list) {
			for _, mounts := range []string{"volumeMounts", "volumeDevices"} {
				for _, m := range containersOf(container, mounts) {
					mounted[text(m, "name")] = true
				}
			}
		}
	}
	var rest []map[string]any
	for _, v := range containersOf(spec, "volumes") {
		if mounted[text(v, "name")] {
			rest = append(rest, v)
			continue
		}
		c.Changed = append(c.Changed, fmt.Sprintf("the volume %s is taken out: no container mounts it any more", text(v, "name")))
	}
	set(spec, "volumes", rest)
}

// redirect has the environment of the other containers name Services.
func (c *Client) redirect(spec map[string]any, list string, sidecars []*snapshot.Proxy, addresses map[int]Address) {
	r := newRedirection(sidecars, addresses)
	containers := containersOf(spec, list)
	for _, container := range containers {
		env := containersOf(container, "env")
		for _, e := range env {
			value, ok := e["value"].(string)
			if !ok {
				if r.looksLikeHost(text(e, "name")) {
					c.Left = append(c.Left, fmt.Sprintf("container %s: the variable %s comes from elsewhere; where it says 127.0.0.1 or localhost it has to name the Service (%s)", text(container, "name"), text(e, "name"), r.hosts()))
				}
				continue
			}
			changed := r.value(text(e, "name"), value, env)
			switch {
			case changed == value && isLocal(value) && r.looksLikeHost(text(e, "name")):
				c.Left = append(c.Left, fmt.Sprintf("container %s: the variable %s is %s, and which sidecar that means is not clear: it has to name the Service (%s)", text(container, "name"), text(e, "name"), value, r.hosts()))
			case changed != value:
				e["value"] = changed
				c.Changed = append(c.Changed, fmt.Sprintf("container %s: the variable %s names the Service", text(container, "name"), text(e, "name")))
			}
			if socket := r.socket(value); socket != "" {
				c.Left = append(c.Left, fmt.Sprintf("container %s: the variable %s names the Unix socket in %s, which is gone: it has to name the host and port of a Service (%s)", text(container, "name"), text(e, "name"), socket, r.hosts()))
			}
		}
		if len(env) > 0 {
			set(container, "env", env)
		}
		for _, field := range []string{"command", "args"} {
			c.words(container, field, r)
		}
	}
	if len(containers) > 0 {
		set(spec, list, containers)
	}
}

// words says what of a command line has to be changed by hand.
func (c *Client) words(container map[string]any, field string, r *redirection) {
	words, _, _ := unstructured.NestedStringSlice(container, field)
	for _, word := range words {
		if strings.Contains(word, "quitquitquit") {
			c.Left = append(c.Left, fmt.Sprintf("container %s: its %s ends the sidecar by quitquitquit, which is not needed any more and fails now", text(container, "name"), field))
		}
		if r.named(word) {
			c.Left = append(c.Left, fmt.Sprintf("container %s: its %s names an address of the sidecar; it has to name the Service (%s)", text(container, "name"), field, r.hosts()))
		}
	}
}

// label lets the pods in by the shared proxy's network policy.
func (c *Client) label(template []string, labels map[string]string) error {
	for name, value := range labels {
		if err := unstructured.SetNestedField(c.Object, value, append(slices.Clone(template), "metadata", "labels", name)...); err != nil {
			return err
		}
		c.Changed = append(c.Changed, fmt.Sprintf("its pods get the label %s=%s, by which the network policy lets them in", name, value))
	}
	return nil
}

// ports are those on which sidecars hear for databases, in order.
func ports(sidecars []*snapshot.Proxy) []int {
	var all []int
	for _, p := range sidecars {
		for _, l := range p.Listeners() {
			if l.Role == proxy.RoleDatabase && l.Port != 0 && !slices.Contains(all, l.Port) {
				all = append(all, l.Port)
			}
		}
	}
	return all
}
