package recreate

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/kubechores/kubechores/plugins/kubectl-stagger/pool"
)

var _ pool.Cloud = (*Google)(nil)

// VMs looks up the VMs of the nodes, by listing their zones, or where a zone has but
// one of them by its name, and returns them by node name.
// Nodes without a provider ID of Compute Engine are left out, and so is a zone or a
// project that is not there. Nothing is asked where no node has one.
func (g *Google) VMs(ctx context.Context, nodes []pool.Node) (map[string]pool.VM, error) {
	type place struct{ project, zone string }
	var places []place
	wanted := map[place]map[string]string{} // VM name -> node name
	for _, n := range nodes {
		if !strings.HasPrefix(n.Machine.ProviderID, gcePrefix) {
			continue
		}
		vm, err := parseProviderID(n.Machine.ProviderID)
		if err != nil {
			continue // Check says so, when it matters
		}
		at := place{vm.project, vm.zone}
		if wanted[at] == nil {
			wanted[at] = map[string]string{}
			places = append(places, at)
		}
		wanted[at][vm.name] = n.Name
	}
	found := make([]map[string]pool.VM, len(places))
	failed := make([]error, len(places))
	atMost(g.parallel, len(places), func(i int) bool {
		at := places[i]
		found[i] = map[string]pool.VM{}
		take := func(in instance) {
			if node, ok := wanted[at][in.Name]; ok {
				found[i][node] = in.vm()
			}
		}
		if len(wanted[at]) > 1 {
			failed[i] = g.api.instances(ctx, at.project, at.zone, take)
			return failed[i] == nil || code(failed[i]) == http.StatusNotFound
		}
		for name := range wanted[at] { // a whole zone would be much for one
			in, err := g.api.instance(ctx, vmRef{at.project, at.zone, name})
			if failed[i] = err; err == nil {
				take(in)
			}
		}
		return failed[i] == nil || code(failed[i]) == http.StatusNotFound
	})
	all := map[string]pool.VM{}
	for i, at := range places {
		if failed[i] != nil && code(failed[i]) != http.StatusNotFound {
			return nil, fmt.Errorf("VMs of project %s, zone %s: %w", at.project, at.zone, failed[i])
		}
		for node, vm := range found[i] {
			all[node] = vm
		}
	}
	return all, nil
}
