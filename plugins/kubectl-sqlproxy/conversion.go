package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/kubechores/kubechores/pkg/cli"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/manifest"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/migrate"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

// conversion is what proxies become.
type conversion struct {
	// shared are the objects of shared proxies, clients the workloads without sidecars.
	shared  manifest.Set
	clients []manifest.Object
	// deployments are the names of the shared proxies.
	deployments []string
	// said is what a user has to know, in order.
	said []string
}

// convert makes everything. What was found out is said even where it cannot be made.
func (c *converting) convert(ctx context.Context, opts migrate.Options) (*conversion, error) {
	result := &conversion{}
	sidecars := map[*snapshot.Workload][]*snapshot.Proxy{}
	var beside []*snapshot.Workload
	for _, p := range c.proxies {
		if !p.Shared {
			if sidecars[p.Workload] == nil {
				beside = append(beside, p.Workload)
			}
			sidecars[p.Workload] = append(sidecars[p.Workload], p)
			continue
		}
		if err := result.addShared(c.snapshot, p, opts); err != nil {
			return result, err
		}
	}
	if len(beside) == 0 {
		return result, nil
	}
	return result, result.addClients(ctx, c, beside, sidecars, opts)
}

func (r *conversion) addShared(s *snapshot.Snapshot, p *snapshot.Proxy, opts migrate.Options) error {
	m := migrate.Plan(s, p, opts)
	r.note(kubectlName(p.Workload), m)
	set, err := m.Objects(p)
	if err != nil {
		return fmt.Errorf("%s: %w", kubectlName(p.Workload), err)
	}
	r.add(set, m.Config.Name)
	return nil
}

func (r *conversion) add(set *manifest.Set, name string) {
	r.shared.Objects = append(r.shared.Objects, set.Objects...)
	r.shared.Advice = append(r.shared.Advice, set.Advice...)
	r.said = append(r.said, set.Warnings...)
	r.deployments = append(r.deployments, name)
}

// addClients makes one shared proxy for all sidecars, and the workloads without them.
func (r *conversion) addClients(ctx context.Context, c *converting, beside []*snapshot.Workload, sidecars map[*snapshot.Workload][]*snapshot.Proxy, opts migrate.Options) error {
	var moves []*migrate.Move
	var names []string
	of := map[*snapshot.Workload][]*migrate.Move{}
	for _, w := range beside {
		for _, p := range sidecars[w] {
			m := migrate.Plan(c.snapshot, p, opts)
			r.note(kubectlName(w), m)
			moves, names, of[w] = append(moves, m), append(names, kubectlName(w)), append(of[w], m)
		}
	}
	shared, err := migrate.Join(moves, names)
	if err != nil {
		return err
	}
	set, err := manifest.Build(shared.Config)
	if err != nil {
		return fmt.Errorf("the shared proxy for %s: %w", strings.Join(slices.Compact(names), ", "), err)
	}
	r.add(set, shared.Config.Name)
	for _, w := range beside {
		addresses := map[int]migrate.Address{}
		for _, m := range of[w] {
			maps.Copy(addresses, m.Addresses(shared.Config))
		}
		if err := r.addClient(ctx, c, w, sidecars[w], addresses, opts.Clients == nil); err != nil {
			return err
		}
	}
	return nil
}

func (r *conversion) addClient(ctx context.Context, c *converting, w *snapshot.Workload, sidecars []*snapshot.Proxy, addresses map[int]migrate.Address, labelled bool) error {
	object, err := c.object(ctx, w)
	if err != nil {
		return err
	}
	labels := map[string]string{}
	if labelled {
		labels[manifest.ClientLabel] = "true"
	}
	client, err := migrate.WithoutSidecars(object, sidecars, addresses, labels)
	if err != nil {
		return err
	}
	for _, text := range client.Changed {
		r.said = append(r.said, kubectlName(w)+": "+text)
	}
	for _, text := range client.Left {
		r.said = append(r.said, kubectlName(w)+": to do: "+text)
	}
	switch w.Kind {
	case "Pod", "Job":
		r.said = append(r.said, fmt.Sprintf("%s: to do: what a %s runs cannot be changed: delete it, and create this one", kubectlName(w), w.Kind))
	}
	r.clients = append(r.clients, manifest.Object{APIVersion: w.APIVersion, Kind: w.Kind, Namespace: w.Meta.Namespace, Name: w.Name, Value: client.Object})
	return nil
}

// note keeps what is different, and what is left to do.
func (r *conversion) note(name string, m *migrate.Move) {
	for _, d := range m.Differences {
		r.said = append(r.said, name+": "+d.String())
	}
	for _, text := range m.Left {
		r.said = append(r.said, name+": to do: "+text)
	}
}

// say tells all of it on stderr, each once.
func (r *conversion) say(notices *cli.Notices) {
	told := map[string]bool{}
	for _, text := range r.said {
		if !told[text] {
			told[text] = true
			notices.Printf("%s", text)
		}
	}
}

func (r *conversion) print(w io.Writer, format string) error {
	all := r.shared
	all.Objects = slices.Concat(r.shared.Objects, r.clients)
	write := all.YAML
	if format == "json" {
		write = all.JSON
	}
	raw, err := write()
	if err != nil {
		return err
	}
	_, err = w.Write(raw)
	return err
}

// printArgs prints the arguments that take the place of each proxy's.
func (o *convertOptions) printArgs(c *converting, opts migrate.Options) error {
	notices := cli.NewNotices(o.ErrOut, "sqlproxy")
	var wrong []error
	for _, p := range c.proxies {
		spec := p.Spec
		if spec.Engine == proxy.V1 {
			var differences []proxy.Difference
			spec, differences = proxy.Convert(p.Spec)
			for _, d := range differences {
				notices.Printf("%s: %s", kubectlName(p.Workload), d)
			}
		}
		if opts.Version.Known() {
			spec.Version = opts.Version
		}
		args, env, problems := proxy.Render(spec)
		for _, problem := range problems {
			wrong = append(wrong, fmt.Errorf("%s: %s", kubectlName(p.Workload), problem))
		}
		if len(c.proxies) > 1 {
			args = append([]string{fmt.Sprintf("# %s, container %s", kubectlName(p.Workload), p.Container.Name)}, args...)
		}
		for _, arg := range args {
			if _, err := fmt.Fprintln(o.Out, cli.Visible(arg)); err != nil {
				return err
			}
		}
		for _, variable := range env {
			notices.Printf("%s: the variable %s is needed, too, with the value that it has", kubectlName(p.Workload), variable.Name)
		}
	}
	return errors.Join(wrong...)
}
