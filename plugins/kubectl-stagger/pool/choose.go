package pool

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kubechores/kubechores/pkg/kube"
)

// maxNamed is how many pools, or nodes, a message names.
const maxNamed = 20

// tag is a label that puts a node into a pool.
type tag struct{ label, pool string }

// tagged is what decides to which pools a node belongs.
type tagged struct {
	tags    []tag
	machine string // namespace/name of its Cluster API Machine
}

// tagsOf are the tags among a node's labels. only, if given, is the one label that
// counts.
func tagsOf(labels map[string]string, only string) []tag {
	keys := PoolLabels()
	if only != "" {
		keys = []string{only}
	}
	var tags []tag
	for _, key := range keys {
		if pool := labels[key]; pool != "" {
			tags = append(tags, tag{key, pool})
		}
	}
	return tags
}

// add adds the tag that the node's Machine has.
func (t *tagged) add(machines map[string]machine) {
	m, ok := machines[t.machine]
	if !ok || m.deployment == "" {
		return
	}
	if of := (tag{capiDeployment, m.deployment}); !slices.Contains(t.tags, of) {
		t.tags = append(t.tags, of)
	}
}

// pool is the node's pool by a label, or by the first label that names one.
func (t *tagged) pool(label string) string {
	for _, of := range t.tags {
		if of.label == label {
			return of.pool
		}
	}
	if len(t.tags) > 0 {
		return t.tags[0].pool
	}
	return ""
}

// census is how many nodes each pool has.
type census map[tag]int

func count(nodes []tagged) census {
	c := census{}
	for i := range nodes {
		for _, t := range nodes[i].tags {
			c[t]++
		}
	}
	return c
}

func (c census) sorted() []tag {
	return slices.SortedFunc(maps.Keys(c), func(a, b tag) int {
		return cmp.Or(cmp.Compare(a.pool, b.pool), cmp.Compare(a.label, b.label))
	})
}

func (c census) names() []string {
	var names []string
	for _, t := range c.sorted() {
		names = append(names, t.pool)
	}
	return slices.Compact(names)
}

// String lists the pools with their labels and sizes.
func (c census) String() string {
	var list []string
	for _, t := range c.sorted() {
		list = append(list, fmt.Sprintf("%s (%s, %s)", t.pool, t.label, plural(c[t], "node")))
	}
	return shorten(list)
}

// labelOf finds the label by which pool is a pool of these nodes. The error names the
// pools that there are.
func labelOf(nodes []tagged, pool, only string) (string, error) {
	c := count(nodes)
	switch {
	case len(nodes) == 0:
		return "", errors.New("the cluster has no nodes")
	case len(c) == 0 && only != "":
		return "", fmt.Errorf("no node has the label %q (--pool-label)", only)
	case len(c) == 0:
		return "", fmt.Errorf("no node has a label that names its pool (known are %s): name the label with --pool-label, or select nodes by any label with \"nodes -l\"",
			strings.Join(PoolLabels(), ", "))
	}
	var labels []string // the first platform's first
	for _, label := range append(PoolLabels(), only) {
		if c[tag{label, pool}] > 0 {
			labels = append(labels, label)
		}
	}
	switch {
	case pool == "":
		return "", fmt.Errorf("name a pool: there are %s", c)
	case len(labels) == 0:
		return "", fmt.Errorf("there is no pool %q; did you mean %q? There are %s", pool, kube.Near(pool, c.names(), 1)[0], c)
	case len(labels) > 1 && !alike(nodes, pool, labels):
		return "", fmt.Errorf("%q names a pool by each of the labels %s, which are on different nodes: say which with --pool-label", pool, strings.Join(labels, ", "))
	}
	return labels[0], nil
}

// alike says whether the labels name the pool on the same nodes.
func alike(nodes []tagged, pool string, labels []string) bool {
	for i := range nodes {
		n := 0
		for _, label := range labels {
			if slices.Contains(nodes[i].tags, tag{label, pool}) {
				n++
			}
		}
		if n != 0 && n != len(labels) {
			return false
		}
	}
	return true
}

// shorten joins the first items of a list, and says how many are left.
func shorten(list []string) string {
	if left := len(list) - maxNamed; left > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(list[:maxNamed], ", "), left)
	}
	return strings.Join(list, ", ")
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
