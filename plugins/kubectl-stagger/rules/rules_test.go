package rules

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/manifest"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/pool"
)

// scene is facts, and all the findings that they make: "ID severity object", and a
// part of what is said of it.
type scene struct {
	name  string
	facts Facts
	want  []string
}

func withPool(name string, edit func(*world), want ...string) scene {
	return scene{name, Facts{Pool: newWorld(edit), Autoscaler: AutoscalerNone}, want}
}

func withFile(name, text string, want ...string) scene {
	return scene{name, Facts{Files: files(text)}, want}
}

func scenes() []scene {
	return slices.Concat(poolScenes(), redundancyScenes(), budgetScenes(), fallbackScenes(), nodeScenes(), fileScenes(), bothScenes())
}

func poolScenes() []scene {
	untaint := func(w *world) {
		for i := range w.Nodes {
			w.Nodes[i].Taints = nil
		}
	}
	return []scene{
		withPool("all is well", web),
		withPool("no taint", func(w *world) { web(w); untaint(w) }, "STG01 warning nodepool/preempt: no taint"),
		withPool("PreferNoSchedule is none", func(w *world) {
			web(w)
			for i := range w.Nodes {
				w.Nodes[i].Taints = []corev1.Taint{{Key: "gke-preemptible", Value: "true", Effect: corev1.TaintEffectPreferNoSchedule}}
			}
		}, "STG01 warning nodepool/preempt: no taint"),
		withPool("another taint", func(w *world) {
			w.Nodes[0].Taints = []corev1.Taint{{Key: "batch", Effect: corev1.TaintEffectNoExecute}}
			w.Nodes[1].Taints, w.Nodes[2].Taints = w.Nodes[0].Taints, w.Nodes[0].Taints
		}, "STG01 info nodepool/preempt: though another one"),
		withPool("another taint on one node", func(w *world) {
			for i := range w.Nodes {
				w.Nodes[i].Taints = nil
			}
			w.Nodes[0].Taints = []corev1.Taint{{Key: "batch", Effect: corev1.TaintEffectNoExecute}}
		}, "STG01 warning nodepool/preempt: no taint"),
		withPool("a taint that passes", func(w *world) {
			for i := range w.Nodes {
				w.Nodes[i].Taints = []corev1.Taint{{Key: "node.kubernetes.io/unschedulable", Effect: corev1.TaintEffectNoSchedule}}
			}
		}, "STG01 warning nodepool/preempt: no taint"),
		withPool("a node that the autoscaler takes away", func(w *world) {
			for i := range w.Nodes {
				w.Nodes[i].Taints = []corev1.Taint{{Key: "ToBeDeletedByClusterAutoscaler", Value: "1", Effect: corev1.TaintEffectNoSchedule}}
			}
		}, "STG01 warning nodepool/preempt: no taint"),
		withPool("Karpenter's taint has any key", func(w *world) {
			w.Platform.Name = "Karpenter"
			for i := range w.Nodes {
				w.Nodes[i].Taints = []corev1.Taint{{Key: "mine", Effect: corev1.TaintEffectNoSchedule}}
			}
		}),
		{"--taint names it", Facts{Pool: newWorld(func(w *world) {
			for i := range w.Nodes {
				w.Nodes[i].Taints = []corev1.Taint{{Key: "mine", Value: "x", Effect: corev1.TaintEffectNoSchedule}}
			}
		}), Marks: []Mark{{Key: "mine"}}}, nil},
		{"--taint overrides", Facts{Pool: newWorld(), Marks: []Mark{{Key: "mine"}}}, []string{"STG01 info nodepool/preempt: though another one"}},
		withPool("taint on some nodes", func(w *world) { web(w); w.Nodes[1].Taints = nil }, "STG02 warning nodepool/preempt: node-1."),
		{"what could not be looked at", Facts{Pool: newWorld(func(w *world) {
			w.add("web", []int{0, 1})
			w.unguarded()
			w.BudgetsUnseen = true
			w.Missing = []string{"Skipped: disruption budgets (forbidden); which evictions they will refuse is not known."}
		}), Missing: []string{"Whether there is a cluster autoscaler (forbidden)."}},
			[]string{"STG00 skipped nodepool/preempt: Disruption budgets", "STG00 skipped nodepool/preempt: Whether there is"}},
	}
}

func redundancyScenes() []scene {
	system := func(l *pool.Workload) { l.Namespace = "kube-system" }
	return []scene{
		withPool("one replica", func(w *world) { w.add("web", []int{0}) }, "STG03 error deployment/web: There is one replica"),
		withPool("one ready, two wanted", func(w *world) {
			w.add("web", []int{0}, func(l *pool.Workload) { l.Desired = 2 })
		}, "STG04 error deployment/web: The only ready replica is on the node node-0"),
		withPool("not known how many are wanted", func(w *world) {
			w.add("web", []int{0}, func(l *pool.Workload) { l.Desired = -1 })
		}, "STG03 error deployment/web: There is one replica"),
		withPool("one replica, elsewhere, may come", func(w *world) {
			w.add("web", nil, func(l *pool.Workload) { l.Desired, l.Ready = 1, 1 })
		}, "STG03 warning deployment/web: may be placed in the pool"),
		withPool("none wanted", func(w *world) { w.add("web", nil) }),
		withPool("all on one node", func(w *world) { w.add("web", []int{1, 1, 1}) }, "STG04 error deployment/web: All 3 ready replicas are on the node node-1"),
		withPool("one of them elsewhere", func(w *world) {
			w.add("web", []int{1}, func(l *pool.Workload) { l.Desired, l.Ready = 2, 2 })
		}),
		withPool("kinds whose pods do not stand in for each other", func(w *world) {
			w.add("ds", []int{0, 1, 2}, func(l *pool.Workload) { l.Kind = "DaemonSet" })
			w.add("job", []int{0}, func(l *pool.Workload) { l.Kind, l.APIVersion = "Job", "batch/v1" })
		}),
		withPool("a part of the cluster", func(w *world) { w.add("metrics", []int{0}, system) }, "STG03 info deployment/kube-system/metrics: There is one replica"),
		withPool("a bare pod", func(w *world) { w.bare("tool") }, "STG05 error pod/tool: gone for good"),
		withPool("a pod of a file on the node", func(w *world) { w.bare("proxy"); w.Pods[0].Mirror = true }),
		withPool("all nodes die together", func(w *world) { web(w); w.together(time.Hour) },
			"STG06 error deployment/web: All 3 ready replicas die of their nodes' age within 1 minute, from 2026-11-26T11:00:00Z on."),
		withPool("half of them die together", func(w *world) {
			w.add("web", []int{0, 1}, func(l *pool.Workload) { l.Desired, l.Ready = 4, 4 })
			w.together(time.Hour)
		}, "STG06 warning deployment/web: 2 of 4 ready replicas (50 %)"),
		withPool("less than half", func(w *world) {
			w.add("web", []int{0, 1}, func(l *pool.Workload) { l.Desired, l.Ready = 5, 5 })
			w.together(time.Hour)
		}),
		withPool("most on one node", func(w *world) { w.add("web", []int{0, 0, 1}) }, "STG06 warning deployment/web: 2 of 3 ready replicas (66 %) die with one node, at 2026-11-26T10:00:00Z"),
		withPool("most on one node, the rest elsewhere", func(w *world) {
			w.add("web", []int{0, 0}, func(l *pool.Workload) { l.Ready, l.Desired = 3, 3 })
		}, "STG06 warning deployment/web: 2 of 3 ready replicas (66 %) die with one node"),
		withPool("together over the turn of the day", func(w *world) {
			w.add("web", []int{0, 1})
			w.Nodes[0].Start.At = noon.Add(-24*time.Hour + time.Minute) // dies in a minute, and 24 h 2 min later
			w.Nodes[1].Start.At = noon.Add(2*time.Minute - time.Minute)
		}, "STG06 error deployment/web: Both ready replicas die"),
		withPool("just not in one window", func(w *world) {
			w.add("web", []int{0, 1})
			w.Nodes[1].Start.At = w.Nodes[0].Start.At.Add(DefaultWindow)
		}),
		withPool("cluster DNS", func(w *world) {
			w.add("kube-dns", []int{0, 1}, system)
		}, "STG20 error deployment/kube-system/kube-dns: no name resolves"),
		withPool("cluster DNS elsewhere, too", func(w *world) {
			w.add("coredns", []int{0, 1}, system, func(l *pool.Workload) { l.Ready = 3 })
		}),
		{"a manifest of no namespace is of any", Facts{Files: files(deployment(1, toleration)), Namespaces: []string{"pay", "shop"}}, []string{"STG03 error deployment/web"}},
		{"other namespaces", Facts{Pool: newWorld(func(w *world) { w.add("web", []int{0}); w.bare("tool") }), Namespaces: []string{"pay"}}, nil},
	}
}

func budgetScenes() []scene {
	return []scene{
		withPool("no budget", func(w *world) { web(w); w.unguarded() }, "STG07 info deployment/web: No disruption budget"),
		withPool("no budget, two on one node", func(w *world) {
			w.add("web", []int{0, 0, 1, 1, 2})
			w.unguarded()
		}, "STG07 warning deployment/web: No disruption budget"),
		withPool("a budget that is never met", func(w *world) {
			web(w)
			b := &w.Budgets[0]
			b.MinAvailable, b.MaxUnavailable, b.Wanted, b.Allowed = "3", "", 3, 0
		}, "STG08 error poddisruptionbudget/web: minAvailable is 3"),
		withPool("a budget of 0", func(w *world) {
			web(w)
			w.Budgets[0].MaxUnavailable, w.Budgets[0].Wanted, w.Budgets[0].Allowed = "0", 3, 0
		}, "STG08 error poddisruptionbudget/web: maxUnavailable is 0"),
		withPool("a budget that allows nothing now", func(w *world) {
			web(w)
			w.Budgets[0].Healthy, w.Budgets[0].Allowed = 2, 0
		}, "STG08 warning poddisruptionbudget/web: allows no eviction now"),
		withPool("a budget whose status is old", func(w *world) {
			web(w)
			w.Budgets[0].Allowed, w.Budgets[0].Observed = 0, false
		}),
		withPool("a budget that was changed just now", func(w *world) {
			web(w)
			w.Budgets[0].MaxUnavailable, w.Budgets[0].Observed = "0", false
		}, "STG08 error poddisruptionbudget/web: maxUnavailable is 0"),
		withPool("a budget of other pods", func(w *world) {
			web(w)
			w.Budgets = append(w.Budgets, pool.Budget{Namespace: "shop", Name: "other", MaxUnavailable: "0", Expected: 3, Observed: true})
		}),
		withPool("two budgets", func(w *world) {
			web(w)
			w.Budgets = append(w.Budgets, pool.Budget{Namespace: "shop", Name: "all", MaxUnavailable: "1", Expected: 9, Healthy: 9, Wanted: 8, Allowed: 1, Observed: true})
			w.Pods[1].Budgets = []int{0, 1}
		}, "STG09 error deployment/web: More than one"),
		withPool("a bare pod with two budgets", func(w *world) {
			web(w)
			w.bare("tool")
			w.Budgets = append(w.Budgets, w.Budgets[0])
			w.Pods[3].Budgets = []int{0, 1}
		}, "STG05 error pod/tool: gone for good", "STG09 error pod/tool: More than one"),
	}
}

func fallbackScenes() []scene {
	affinity := func(terms ...[]corev1.NodeSelectorRequirement) func(*world) {
		return func(w *world) {
			var all []corev1.NodeSelectorTerm
			for _, t := range terms {
				all = append(all, corev1.NodeSelectorTerm{MatchExpressions: t})
			}
			w.add("web", []int{0, 1, 2}, func(l *pool.Workload) {
				l.Affinity = &corev1.NodeAffinity{RequiredDuringSchedulingIgnoredDuringExecution: &corev1.NodeSelector{NodeSelectorTerms: all}}
			})
		}
	}
	is := func(key string, op corev1.NodeSelectorOperator, values ...string) []corev1.NodeSelectorRequirement {
		return []corev1.NodeSelectorRequirement{{Key: key, Operator: op, Values: values}}
	}
	selecting := func(key, value string) func(*world) {
		return func(w *world) {
			w.add("web", []int{0, 1, 2}, func(l *pool.Workload) { l.NodeSelector = map[string]string{key: value} })
		}
	}
	const pinned, nowhere = "STG11 warning deployment/web: stay Pending", "STG10 warning deployment/web: None of the cluster's other nodes"
	return []scene{
		withPool("pinned by GKE's label", selecting("cloud.google.com/gke-preemptible", "true"), pinned),
		withPool("pinned by the pool's label", selecting(gkePool, "preempt"), pinned),
		withPool("a selector of both", selecting("disk", "ssd")),
		withPool("a selector of none of the others", selecting("disk", "hdd"), nowhere),
		withPool("pinned by affinity", affinity(is("cloud.google.com/gke-preemptible", "In", "true")), pinned),
		withPool("pinned by affinity, Exists", affinity(is("cloud.google.com/gke-preemptible", "Exists")), pinned),
		withPool("pinned by the pool in an affinity", affinity(is(gkePool, "In", "preempt")), pinned),
		withPool("affinity to any pool", affinity(is(gkePool, "Exists"))),
		withPool("affinity with a way out", affinity(is("cloud.google.com/gke-preemptible", "Exists"), is(gkePool, "In", "default"))),
		withPool("affinity to several pools", affinity(is(gkePool, "In", "preempt", "default"))),
		withPool("affinity, NotIn", affinity(is(gkePool, "NotIn", "default")), nowhere),
		withPool("affinity, Gt", affinity(is("size", "Gt", "6"))),
		withPool("affinity, Gt, too small", affinity(is("size", "Gt", "7")), nowhere),
		withPool("affinity, no expressions", affinity(nil), nowhere),
		withPool("the others have a taint", func(w *world) {
			web(w)
			w.Elsewhere[0].Taints = []corev1.Taint{{Key: "dedicated", Value: "db", Effect: corev1.TaintEffectNoSchedule}}
		}, nowhere),
		withPool("the others are short-lived", func(w *world) { web(w); w.Elsewhere[0].Lifetime = pool.Spot }, nowhere),
		withPool("no others", func(w *world) { w.add("web", []int{0, 1, 2}); w.Elsewhere = nil }),
		withPool("no others, and all die together", func(w *world) {
			web(w)
			w.Elsewhere = nil
			w.together(time.Hour)
		}, "STG06 error deployment/web: All 3", "STG12 warning nodepool/preempt: no node that would be left"),
		withPool("no room", func(w *world) {
			w.add("web", []int{0, 1, 2}, func(l *pool.Workload) { l.Requests.MilliCPU = 3000 })
			w.together(time.Hour)
		}, "STG06 error deployment/web: All 3", "STG12 warning nodepool/preempt: 2 of 3 stay Pending"),
		withPool("room on the rest of the pool", func(w *world) {
			w.add("web", []int{0, 1, 2}, func(l *pool.Workload) { l.Requests.MilliCPU = 3000 })
			w.Elsewhere[0].Requested.MilliCPU = 2000
		}),
		withPool("no room for one more pod", func(w *world) {
			web(w)
			for i := range w.Nodes {
				w.Nodes[i].Requested.Pods = 110
			}
			w.Elsewhere[0].Requested.Pods = 110
		}, "STG12 warning nodepool/preempt: When a node dies"),
		{"no room, but an autoscaler", Facts{Autoscaler: AutoscalerSeen, Pool: newWorld(func(w *world) {
			w.add("web", []int{0, 1, 2}, func(l *pool.Workload) { l.Requests.Memory = 20 << 30 })
		})}, []string{"STG12 info nodepool/preempt: When a node dies"}},
		withPool("no room on a node that is cordoned", func(w *world) {
			w.add("web", []int{0, 1, 2}, func(l *pool.Workload) { l.Requests.MilliCPU = 3000 })
			w.together(time.Hour)
			w.Elsewhere[0].Unschedulable = true
		}, "STG06 error deployment/web: All 3", "STG12 warning nodepool/preempt: 3 of 3 stay Pending"),
	}
}

func nodeScenes() []scene {
	grace := func(d time.Duration, edits ...func(*pool.Workload)) func(*world) {
		return func(w *world) {
			w.add("web", []int{0, 1, 2}, append(edits, func(l *pool.Workload) { l.Grace = d })...)
		}
	}
	spot := func(w *world) {
		web(w)
		w.together(time.Hour)
		for i := range w.Nodes {
			w.Nodes[i].Lifetime, w.Nodes[i].MaxAge = pool.Spot, 0
		}
	}
	return []scene{
		withPool("the usual grace", grace(30*time.Second), "STG13 info deployment/web: may take 30 s"),
		withPool("a long grace", grace(time.Minute), "STG13 warning deployment/web: may take 60 s"),
		withPool("just the grace that there is", grace(15*time.Second)),
		withPool("grace of a part of the cluster", grace(time.Minute, func(l *pool.Workload) { l.Namespace = "kube-system" })),
		withPool("grace on another platform", func(w *world) { grace(time.Minute)(w); w.Platform.Name = "Yandex Cloud" }),
		withPool("Spot", spot, "STG14 info nodepool/preempt: Spot VMs have no age limit"),
		withPool("Spot with --max-age", func(w *world) {
			spot(w)
			for i := range w.Nodes {
				w.Nodes[i].MaxAge = 24 * time.Hour
			}
		}, "STG06 error deployment/web: All 3"),
		withPool("lasting nodes", func(w *world) {
			for i := range w.Nodes {
				w.Nodes[i].Lifetime, w.Nodes[i].MaxAge = pool.Permanent, 0
			}
		}, "STG14 info nodepool/preempt: not known to die"),
		withPool("an unknown start", func(w *world) { web(w); w.Nodes[1].Start = pool.Start{Source: pool.Unknown} }, "STG15 warning nodepool/preempt: 1 node started is not known"),
		withPool("a start that cannot be", func(w *world) { web(w); w.Nodes[1].Start.At = noon.Add(-25 * time.Hour) }, "STG15 warning nodepool/preempt: longer ago than it can live"),
		withPool("an estimated start", func(w *world) { web(w); w.Nodes[1].Start.Source = pool.FromReady }, "STG16 info nodepool/preempt: node-1 (2026-11-25T02:00:00Z, since when"),
		withPool("a stale Node object", func(w *world) { web(w); w.Nodes[2].Created = noon.Add(-24*time.Hour - 11*time.Minute) }, "STG17 info nodepool/preempt: 1 node is older than a machine can be"),
		withPool("not quite stale", func(w *world) { web(w); w.Nodes[2].Created = noon.Add(-24*time.Hour - 9*time.Minute) }),
		withPool("cordoned", func(w *world) { web(w); w.Nodes[2].Unschedulable = true }, "STG18 warning node/node-2: cordoned"),
		withPool("cordoned by stagger", func(w *world) {
			web(w)
			w.Nodes[2].Unschedulable = true
			w.Nodes[2].Annotations = map[string]string{"stagger.kubechores.io/record": "{}"}
		}, "STG18 info node/node-2: cordoned"),
		withPool("one node", func(w *world) { w.Nodes = w.Nodes[:1] }, "STG19 warning nodepool/preempt: only one node"),
	}
}

func fileScenes() []scene {
	return []scene{
		withFile("a redundant workload", deployment(3, toleration)),
		withFile("one that stays off the pool", deployment(1, "")),
		withFile("one replica", deployment(1, toleration), "STG03 error deployment/web (shop.yaml:1): There is one replica"),
		withFile("a bare pod", "apiVersion: v1\nkind: Pod\nmetadata: {name: tool}\nspec:\n      terminationGracePeriodSeconds: 1\n"+toleration, "STG05 error pod/tool (shop.yaml:1): gone for good"),
		withFile("a CronJob", "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: tidy}\nspec: {jobTemplate: {spec: {template: {spec: {terminationGracePeriodSeconds: 1, tolerations: [{operator: Exists}]}}}}}\n"),
		withFile("no budget", strings.Split(deployment(3, toleration), "---")[0], "STG07 info deployment/web (shop.yaml:1): No disruption budget"),
		withFile("a budget that is never met", strings.Replace(deployment(3, toleration), "maxUnavailable: 1", "minAvailable: 3", 1), "STG08 error poddisruptionbudget/web (shop.yaml:12): minAvailable is 3"),
		withFile("a budget of another namespace", strings.Replace(deployment(3, toleration), "PodDisruptionBudget\nmetadata: {", "PodDisruptionBudget\nmetadata: {namespace: pay, ", 1), "STG07 info deployment/web"),
		withFile("a budget in per cent", strings.Replace(deployment(3, toleration), "maxUnavailable: 1", "minAvailable: 50%", 1)),
		withFile("two budgets", deployment(3, toleration)+"---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: all}\nspec: {maxUnavailable: 1, selector: {}}\n", "STG09 error deployment/web (shop.yaml:1): More than one"),
		withFile("pinned", deployment(3, toleration+"      nodeSelector: {cloud.google.com/gke-preemptible: \"true\"}\n"), "STG11 warning deployment/web (shop.yaml:1): stay Pending"),
		withFile("pinned without a toleration", deployment(3, "      nodeSelector: {cloud.google.com/gke-spot: \"true\"}\n"), "STG11 warning deployment/web (shop.yaml:1): stay Pending"),
		withFile("a long grace", strings.Replace(deployment(3, toleration), "Seconds: 10", "Seconds: 120", 1), "STG13 warning deployment/web (shop.yaml:1): may take 120 s"),
		withFile("a long grace, but critical", strings.Replace(deployment(3, toleration), "Seconds: 10", "Seconds: 120\n      priorityClassName: system-cluster-critical", 1)),
		withFile("no YAML", "a: [\n", "STG21 error shop.yaml:1: This is no YAML"),
		withFile("true without quotes", deployment(3, "      tolerations: [{key: gke-preemptible, value: true}]\n"), "STG22 error deployment/web (shop.yaml:1): Toleration 1: The value of a toleration is text"),
		withFile("the wrong effect", deployment(3, strings.Replace(toleration, "NoSchedule", "NoExecute", 1)), "STG23 warning deployment/web (shop.yaml:1): the effect is NoExecute, not NoSchedule"),
		withFile("the wrong value", deployment(3, strings.Replace(toleration, `"true"`, `"True"`, 1)), `STG23 warning deployment/web (shop.yaml:1): the value is "True", not "true"`),
		withFile("the wrong key", deployment(3, strings.Replace(toleration, "gke-preemptible", "gke-preemptable", 1)), "STG23 warning deployment/web (shop.yaml:1): the key is gke-preemptable, not gke-preemptible"),
		withFile("another key", deployment(1, strings.Replace(toleration, "gke-preemptible", "gpu", 1))),
	}
}

// bothScenes are files that are judged for a pool.
func bothScenes() []scene {
	both := func(name, text string, edit func(*world), want ...string) scene {
		set := files(text)
		set.Default("shop")
		return scene{name, Facts{Pool: newWorld(edit), Files: set, Autoscaler: AutoscalerNone}, want}
	}
	noBudget := strings.Split(deployment(3, toleration), "---")[0]
	return []scene{
		both("all is well", deployment(3, toleration), func(*world) {}),
		both("the pool has another key", deployment(3, toleration), func(w *world) {
			for i := range w.Nodes {
				w.Nodes[i].Taints = []corev1.Taint{{Key: "cloud.google.com/gke-preemptible", Value: "true", Effect: corev1.TaintEffectNoSchedule}}
			}
		}, "STG23 warning deployment/web (shop.yaml:1): the key is gke-preemptible, not cloud.google.com/gke-preemptible"),
		both("a pool that anything may run on", deployment(1, ""), func(w *world) {
			for i := range w.Nodes {
				w.Nodes[i].Taints = nil
			}
		}, "STG01 warning nodepool/preempt", "STG03 error deployment/web (shop.yaml:1): There is one replica"),
		both("the cluster has its budget", noBudget, web),
		both("nowhere else to go", deployment(3, toleration), func(w *world) { w.Elsewhere[0].Lifetime = pool.Spot }, "STG10 warning deployment/web (shop.yaml:1)"),
	}
}

// TestRules: each scene makes these findings and no others, of which each is in the
// catalogue and none worse than it says; and each id of the catalogue has a scene.
func TestRules(t *testing.T) {
	catalogue := Catalogue()
	if err := catalogue.Validate(); err != nil {
		t.Fatal(err)
	}
	var reports []*finding.Report
	for _, s := range scenes() {
		t.Run(s.name, func(t *testing.T) {
			r := Check(s.facts, noon)
			reports = append(reports, r)
			if err := catalogue.Check(r); err != nil {
				t.Error(err)
			}
			var got []string
			for _, f := range r.Findings {
				got = append(got, fmt.Sprintf("%s %s %s: %s", f.ID, f.Severity, nameOf(f.Object), f.What))
			}
			slices.Sort(got)
			if len(got) != len(s.want) {
				t.Fatalf("found\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(s.want, "\n"))
			}
			for i, want := range s.want {
				head, words, _ := strings.Cut(want, ": ")
				if !strings.HasPrefix(got[i], head) || !strings.Contains(got[i], words) {
					t.Errorf("found\n%s\nwant\n%s", got[i], want)
				}
			}
		})
	}
	if missing := catalogue.Missing(reports...); missing != nil {
		t.Errorf("no scene finds %v", missing)
	}
}

func nameOf(o finding.Object) string {
	if o.Kind == "" {
		return fmt.Sprintf("%s:%d", o.File, o.Line)
	}
	name := strings.ToLower(o.Kind)
	if o.Namespace != "" && o.Namespace != "shop" {
		name += "/" + o.Namespace
	}
	name += "/" + o.Name
	if o.File != "" {
		name += fmt.Sprintf(" (%s:%d)", o.File, o.Line)
	}
	return name
}

// TestUntainted: what a taint would have kept off is there because there is none.
func TestUntainted(t *testing.T) {
	r := Check(Facts{Pool: newWorld(func(w *world) {
		for i := range w.Nodes {
			w.Nodes[i].Taints = nil
		}
		w.add("stray", []int{0}, func(l *pool.Workload) { l.Tolerations = nil })
		w.add("meant", []int{1})
	})}, noon)
	because := map[string]bool{}
	for _, f := range r.Findings {
		if f.ID == OneReplica {
			because[f.Object.Name] = strings.Contains(f.Cause, NoTaint)
		}
	}
	if !because["stray"] || because["meant"] || len(because) != 2 {
		t.Errorf("%v", because)
	}
}

// TestWindow: the window is not longer than what a perfect spread leaves between deaths.
func TestWindow(t *testing.T) {
	big := newWorld(func(w *world) {
		w.Nodes = nil
		for i := range 100 {
			w.Nodes = append(w.Nodes, preemptible(i, time.Duration(i)*24*time.Hour/100))
		}
		w.add("web", []int{0, 1})
	})
	if r := Check(Facts{Pool: big}, noon); len(r.Findings) != 0 {
		t.Errorf("a pool that is spread as far as can be: %+v", r.Findings)
	}
	if r := Check(Facts{Pool: big, Window: -1}, noon); len(r.Findings) != 0 {
		t.Errorf("a window of nothing: %+v", r.Findings)
	}
}

func TestParseMark(t *testing.T) {
	for text, want := range map[string]Mark{
		"a":                   {Key: "a"},
		"a=b":                 {Key: "a", Value: "b"},
		"a:NoExecute":         {Key: "a", Effect: corev1.TaintEffectNoExecute},
		"x.io/a=b:NoSchedule": {"x.io/a", "b", corev1.TaintEffectNoSchedule},
	} {
		if got, err := ParseMark(text); err != nil || got != want || got.String() != text {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "=b", "a:", "a=b:PreferNoSchedule", "a=b:noschedule", "a b", "a=b c", "a:b:NoSchedule"} {
		if got, err := ParseMark(text); err == nil {
			t.Errorf("%q is taken as %+v", text, got)
		}
	}
}

// TestRecipe: the manifest of the recipe of 2018 is found to be well but for what it
// does not say.
func TestRecipe(t *testing.T) {
	var s manifest.Set
	s.Parse("recipe.yaml", []byte(`apiVersion: apps/v1
kind: Deployment
metadata:
  name: hoge
spec:
  replicas: 2
  template:
    metadata:
      labels: {app: hoge}
    spec:
      tolerations:
      - key: gke-preemptible
        operator: Equal
        value: "true"
        effect: NoSchedule
      containers:
      - {name: hoge, image: "hoge:1"}
`))
	r := Check(Facts{Files: s}, noon)
	var ids []string
	for _, f := range r.Findings {
		ids = append(ids, f.ID+" "+string(f.Severity))
	}
	slices.Sort(ids)
	if want := []string{"STG07 info", "STG13 info"}; !slices.Equal(ids, want) || r.Exceeds(finding.FailOnWarning) {
		t.Errorf("%v, want %v", ids, want)
	}
}
