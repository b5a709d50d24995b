package pool

import (
	"fmt"
	"strings"
	"testing"
)

// labelled makes nodes of "label=value label=value".
func labelled(only string, nodes ...string) []tagged {
	var all []tagged
	for _, text := range nodes {
		labels := map[string]string{}
		for _, pair := range strings.Fields(text) {
			key, value, _ := strings.Cut(pair, "=")
			labels[key] = value
		}
		all = append(all, tagged{tags: tagsOf(labels, only)})
	}
	return all
}

func TestLabelOf(t *testing.T) {
	var many []string
	for i := range 25 {
		many = append(many, fmt.Sprintf("%s=p%02d", gkePool, i))
	}
	for name, tc := range map[string]struct {
		nodes      []tagged
		pool, only string
		want       string // the label, or parts of the error, separated by |
	}{
		"GKE":                   {labelled("", gkePool+"=a", gkePool+"=b"), "b", "", gkePool},
		"old Karpenter":         {labelled("", "karpenter.sh/provisioner-name=a"), "a", "", "karpenter.sh/provisioner-name"},
		"EKS":                   {labelled("", eksPool+"=a"), "a", "", eksPool},
		"AKS":                   {labelled("", aksPool+"=a"), "a", "", aksPool},
		"Yandex":                {labelled("", yandexPool+"=a"), "a", "", yandexPool},
		"DOKS":                  {labelled("", doksPool+"=a"), "a", "", doksPool},
		"Cluster API, by label": {labelled("", capiDeployment+"=a"), "a", "", capiDeployment},
		"a label of one's own":  {labelled("team", "team=x "+gkePool+"=a"), "x", "team", "team"},

		"two labels, same nodes":  {labelled("", karpenterPool+"=a "+aksPool+"=a", aksPool+"=b"), "a", "", karpenterPool},
		"the platform on top":     {labelled("", gkePool+"=a "+karpenterPool+"=a"), "a", "", karpenterPool},
		"two labels, other nodes": {labelled("", gkePool+"=a", aksPool+"=a"), "a", "", `"a"|` + gkePool + "|" + aksPool + "|different nodes|--pool-label"},

		"no nodes":         {nil, "a", "", "no nodes"},
		"no labels":        {labelled("", "x=y"), "a", "", "--pool-label|nodes -l|" + gkePool},
		"not the own one":  {labelled("team", gkePool+"=a"), "a", "team", `"team" (--pool-label)`},
		"a near name":      {labelled("", gkePool+"=preempt", gkePool+"=preempt", gkePool+"=zzz"), "prempt", "", `no pool "prempt"; did you mean "preempt"?|preempt (` + gkePool + ", 2 nodes), zzz (" + gkePool + ", 1 node)"},
		"no name":          {labelled("", gkePool+"=a"), "", "", "name a pool: there are a (" + gkePool},
		"an empty value":   {labelled("", gkePool+"= x=y"), "a", "", "nodes -l"},
		"very many":        {labelled("", many...), "q", "", "p19 (|and 5 more"},
		"the other's name": {labelled("team", "team=x "+gkePool+"=a"), "a", "team", `did you mean "x"`},
	} {
		label, err := labelOf(tc.nodes, tc.pool, tc.only)
		got := label
		if err != nil {
			got = err.Error()
		}
		if fails := strings.ContainsAny(tc.want, " |"); fails != (err != nil) {
			t.Errorf("%s: %q, %v", name, label, err)
		}
		for part := range strings.SplitSeq(tc.want, "|") {
			if !strings.Contains(got, part) || (label != "" && got != tc.want) {
				t.Errorf("%s: %q has no %q", name, got, part)
			}
		}
	}
}
