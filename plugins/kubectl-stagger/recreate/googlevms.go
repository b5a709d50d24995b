package recreate

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/kubechores/kubechores/plugins/kubectl-stagger/pool"
)

var _ pool.Cloud = (*Google)(nil)

// VMs lists the VMs of the nodes' zones and returns those of the nodes, by node name.
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
		failed[i] = g.api.instances(ctx, at.project, at.zone, func(in instance) {
			if node, ok := wanted[at][in.Name]; ok {
				found[i][node] = in.vm()
			}
		})
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
