package recreate

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
)

const noGroup = "its VM belongs to no managed instance group (metadata item created-by), so that nothing would make it anew"

// Check looks up every VM and its group. Whether the right to have VMs made anew is
// there cannot be asked beforehand: the API has no question for it.
func (g *Google) Check(ctx context.Context, targets []Target) error {
	var complaints []error
	var vms []vmRef
	var names []string
	for _, t := range targets {
		vm, err := parseProviderID(t.ProviderID)
		if err != nil {
			complaints = append(complaints, fmt.Errorf("node %s: %w", t.Node, err))
			continue
		}
		vms, names = append(vms, vm), append(names, t.Node)
	}
	groups, lone, err := g.look(ctx, vms, names)
	if err != nil {
		return errors.Join(append(complaints, err)...)
	}
	if len(lone) > 0 && !g.assumeRepair {
		complaints = append(complaints, fmt.Errorf("%s: %s", nodes(lone), noGroup))
	}
	for group, of := range groups {
		if _, err := g.api.group(ctx, group); code(err) == http.StatusNotFound {
			complaints = append(complaints, fmt.Errorf("%s: instance group %s is gone, so that nothing would make its VMs anew: %w", nodes(of), group.name, err))
		} else if err != nil && code(err) != http.StatusForbidden { // who may not read a group may still be let to use it
			complaints = append(complaints, fmt.Errorf("%s: %w", nodes(of), err))
		}
	}
	return errors.Join(complaints...)
}

// look finds the nodes of each group, and those whose VM is in none. VMs that are
// gone are left out. The error is of the first node that could not be looked at.
func (g *Google) look(ctx context.Context, vms []vmRef, names []string) (groups map[groupRef][]string, lone []string, err error) {
	found := make([]instance, len(vms))
	failed := make([]error, len(vms))
	atMost(g.parallel, len(vms), func(i int) bool {
		found[i], failed[i] = g.api.instance(ctx, vms[i])
		return failed[i] == nil || g.passes(failed[i])
	})
	groups = map[groupRef][]string{}
	for i, vm := range vms {
		group, ok := found[i].group(vm.project)
		switch {
		case g.passes(failed[i]):
		case failed[i] != nil:
			return nil, nil, fmt.Errorf("node %s: %w", names[i], failed[i])
		case !ok:
			lone = append(lone, names[i])
		default:
			g.remember(vm, group)
			groups[group] = append(groups[group], names[i])
		}
	}
	return groups, lone, nil
}

// passes reports whether the check of a VM ends well without having seen it.
func (g *Google) passes(err error) bool {
	return code(err) == http.StatusNotFound || (code(err) == http.StatusForbidden && g.assumeRepair)
}

// atMost calls do for 0 to n-1, that many at once, in order, until one returns
// false; calls that have begun go on. It waits for all.
func atMost(limit, n int, do func(int) bool) {
	var wait sync.WaitGroup
	var mu sync.Mutex
	next, stop := 0, false
	for range min(limit, n) {
		wait.Go(func() {
			for {
				mu.Lock()
				i := next
				next++
				over := stop || i >= n
				mu.Unlock()
				if over {
					return
				}
				if !do(i) {
					mu.Lock()
					stop = true
					mu.Unlock()
				}
			}
		})
	}
	wait.Wait()
}

func nodes(names []string) string {
	if len(names) == 1 {
		return "node " + names[0]
	}
	return "nodes " + listed(names)
}
