package rules

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/pool"
)

// checkRoom finds out whether what dies at about the same time has room on the nodes
// that are left. It places pods as the requests say, the largest first, which is near
// to what the scheduler does, but does not know of volumes, ports and affinities
// between pods.
func (c *checker) checkRoom() {
	lost := c.worstLoss()
	pods := c.refugees(lost)
	if len(pods) == 0 {
		return
	}
	rooms := c.rooms(lost)
	if len(rooms) == 0 {
		c.add(c.noOtherNode())
		return
	}
	var homeless []string
	var need pool.Resources
	for _, p := range pods {
		if placed, meant := c.place(p, rooms); meant && !placed {
			homeless = append(homeless, p.Namespace+"/"+p.Name)
			w := &c.Pool.Workloads[p.Workload]
			need.MilliCPU += w.Requests.MilliCPU
			need.Memory += w.Requests.Memory
		}
	}
	if len(homeless) == 0 {
		return
	}
	f := finding.Finding{
		ID: NoRoom, Severity: finding.Warning, Object: c.poolObject(),
		What:  fmt.Sprintf("When %s, the nodes that are left have no room for all pods: %d of %d stay Pending until there are new nodes.", dies(len(lost)), len(homeless), len(pods)),
		Cause: c.unseenGroups(),
		Evidence: []finding.Evidence{
			{Source: "nodes that die", Text: some(c.names(lost))},
			{Source: "pods without room", Text: some(homeless)},
			{Source: "their requests", Text: fmt.Sprintf("cpu %dm, memory %dMi", need.MilliCPU, need.Memory>>20)},
		},
	}
	if c.Autoscaler == AutoscalerSeen {
		f.Severity = finding.Info
	}
	if len(lost) > 1 {
		f.Fix = append(f.Fix, c.planSteps()...)
	}
	f.Fix = append(f.Fix, finding.Step{Do: "Have more room: a larger pool, or autoscaling of a pool of lasting nodes."})
	c.add(f)
}

func dies(nodes int) string {
	if nodes == 1 {
		return "a node dies"
	}
	return fmt.Sprintf("%d nodes die at about the same time", nodes)
}

func (c *checker) names(nodes []int) []string {
	var names []string
	for _, n := range nodes {
		names = append(names, c.Pool.Nodes[n].Name)
	}
	return names
}

func (c *checker) noOtherNode() finding.Finding {
	return finding.Finding{
		ID: NoRoom, Severity: finding.Warning, Object: c.poolObject(),
		What:  "The cluster has no node that would be left: when the pool's nodes die at about the same time, nothing runs.",
		Cause: c.unseenGroups(),
		Fix:   []finding.Step{{Do: "Have a second pool of lasting nodes; with cluster autoscaling it may be small."}},
	}
}

// worstLoss are the nodes that die in the worst window; where that is one, or deaths
// are not known, the node that carries most.
func (c *checker) worstLoss() []int {
	var lost []int
	for _, d := range c.worst(func(int) int { return 1 }) {
		lost = append(lost, d.node)
	}
	if len(lost) <= 1 && len(c.Pool.Nodes) > 0 {
		fullest := 0
		for i := range c.Pool.Nodes {
			if c.Pool.Nodes[i].Requested.MilliCPU > c.Pool.Nodes[fullest].Requested.MilliCPU {
				fullest = i
			}
		}
		lost = []int{fullest}
	}
	slices.Sort(lost)
	return lost
}

// refugees are the pods that somebody makes anew when the nodes die, the largest first.
func (c *checker) refugees(lost []int) []pool.Pod {
	var pods []pool.Pod
	for _, p := range c.Pool.Pods {
		if _, dies := slices.BinarySearch(lost, p.Node); dies && p.Workload >= 0 && !p.Daemon && !p.Mirror {
			pods = append(pods, p)
		}
	}
	slices.SortStableFunc(pods, func(a, b pool.Pod) int {
		x, y := c.Pool.Workloads[a.Workload].Requests, c.Pool.Workloads[b.Workload].Requests
		return cmp.Or(cmp.Compare(y.MilliCPU, x.MilliCPU), cmp.Compare(y.Memory, x.Memory))
	})
	return pods
}

// room is what a node has left, and which workloads may go there.
type room struct {
	node  *pool.Node
	free  pool.Resources
	takes map[int]bool
}

// rooms are the nodes that are left.
func (c *checker) rooms(lost []int) []room {
	var rooms []room
	add := func(n *pool.Node) {
		a, r := n.Allocatable, n.Requested
		free := pool.Resources{MilliCPU: a.MilliCPU - r.MilliCPU, Memory: a.Memory - r.Memory, Pods: a.Pods - r.Pods}
		rooms = append(rooms, room{n, free, map[int]bool{}})
	}
	for i := range c.Pool.Elsewhere {
		add(&c.Pool.Elsewhere[i])
	}
	for i := range c.Pool.Nodes {
		if _, dies := slices.BinarySearch(lost, i); !dies {
			add(&c.Pool.Nodes[i])
		}
	}
	return rooms
}

// place puts a pod into the first room that is open and large enough. meant is whether
// there is a room for its like at all: where there is none, checkFallback says so.
func (c *checker) place(p pool.Pod, rooms []room) (placed, meant bool) {
	w := &c.Pool.Workloads[p.Workload]
	for i := range rooms {
		r := &rooms[i]
		takes, known := r.takes[p.Workload]
		if !known {
			takes = keepsAway(w, r.node) == ""
			r.takes[p.Workload] = takes
		}
		if !takes {
			continue
		}
		meant = true
		if left, enough := less(r.free, w.Requests); enough && open(r.node) {
			r.free = left
			return true, true
		}
	}
	return false, meant
}
