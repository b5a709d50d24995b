package diagnose

import (
	"fmt"
	"testing"
)

// autoscaler is an edit that adds one.
func autoscaler(least int) (string, string) {
	return more(fmt.Sprintf(`apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: sql-proxy, namespace: shop}
spec:
  minReplicas: %d
  maxReplicas: 9
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: sql-proxy}
`, least))
}

const (
	oneReplica  = "  replicas: 1\n  minReadySeconds: 10\n"
	secondPod   = "  phase: Running\n  podIP: 10.0.2.7\n"
	secondNode  = "  nodeName: node-2\n"
	oneNode     = "  nodeName: node-1\n"
	budget      = "  maxUnavailable: 1\n"
	rolling     = "    rollingUpdate: {maxUnavailable: 0, maxSurge: 1}\n"
	firstLabel  = "  labels: {kubernetes.io/hostname: node-1,"
	secondLabel = "  labels: {kubernetes.io/hostname: node-2,"
	apart       = `      affinity:
        podAntiAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
          - topologyKey: kubernetes.io/hostname
            labelSelector: {matchLabels: {app: sql-proxy}}
`
)

func TestReplicasNear(t *testing.T) {
	t.Parallel()
	old2, two := autoscaler(2)
	daemon := []string{"kind: Deployment\n", "kind: DaemonSet\n", "  replicas: 2\n  minReadySeconds", "  minReadySeconds", "  strategy:\n    type: RollingUpdate\n" + rolling, "  updateStrategy: {type: RollingUpdate}\n"}
	checkNear(t, []near{
		{"an autoscaler keeps two", "single-replica", false, []string{replicas, oneReplica, old2, two}},
		{"scaled to nothing", "single-replica", false, []string{replicas, "  replicas: 0\n  minReadySeconds: 10\n"}},
		{"a DaemonSet", "single-replica", false, daemon},
		{"no number", "single-replica", true, []string{replicas, "  minReadySeconds: 10\n"}},
		{"a DaemonSet", "no-pdb", false, append([]string{"kind: PodDisruptionBudget", "kind: LimitRange"}, daemon...)},
		{"a sidecar", "single-replica", false, sidecar(replicas, oneReplica)},
		{"in a cluster the field is always set", "hpa-and-replicas", false, []string{old2, two}},
		{"in a file it is said", "hpa-and-replicas", true, []string{old2, two, header, header + "# files:\n", "  uid: 00000000-0000-4000-8000-000000000001\n", ""}},
		{"an ended pod counts for nothing", "both-on-one-node", false, []string{secondNode, oneNode, secondPod, "  phase: Failed\n  reason: Preempted\n"}},
		{"both live", "both-on-one-node", true, []string{secondNode, oneNode}},
		{"a pod on its way out counts for nothing", "both-on-one-node", false, []string{secondNode, oneNode, `  creationTimestamp: "2026-11-24T02:00:00Z"` + "\n", "  creationTimestamp: \"2026-11-24T02:00:00Z\"\n  deletionTimestamp: \"2026-11-25T11:59:00Z\"\n"}},
		{"a wish", "no-spread", false, []string{spread, "      affinity: {podAntiAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, podAffinityTerm: {topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: sql-proxy}}}}]}}\n"}},
		{"a constraint that counts no pods", "no-spread", true, []string{"        labelSelector: {matchLabels: {app: sql-proxy}}\n        matchLabelKeys: [pod-template-hash]\n", ""}},
	})
}

func TestBudgetsNear(t *testing.T) {
	t.Parallel()
	old3, three := autoscaler(3)
	old1, one := autoscaler(1)
	wrong := []string{"  unhealthyPodEvictionPolicy: AlwaysAllow\n  selector: {matchLabels: {app: sql-proxy}}\n", "  selector: {matchLabels: {app: web}}\n", "  name: sql-proxy\n  namespace: shop\n  uid: 00000000-0000-4000-8000-000000000004\n", "  name: web\n  namespace: shop\n"}
	oldWeb, web := more("apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: web, namespace: shop}\nspec: {selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: web:1}]}}}\n")
	checkNear(t, []near{
		{"one of two", "pdb-blocks", false, []string{budget, "  minAvailable: 1\n"}},
		{"half of two", "pdb-blocks", false, []string{budget, "  minAvailable: 50%\n"}},
		{"a hundredth is one", "pdb-blocks", false, []string{budget, "  maxUnavailable: 1%\n"}},
		{"none", "pdb-blocks", true, []string{budget, "  maxUnavailable: 0%\n"}},
		{"two of three, by the autoscaler", "pdb-blocks", false, []string{budget, "  minAvailable: 2\n", old3, three}},
		{"one of one, when the autoscaler goes down", "pdb-blocks", true, []string{budget, "  minAvailable: 1\n", old1, one}},
		{"an old cluster knows no policy", "pdb-unhealthy", false, []string{header, header + "# minor: 26\n", "  unhealthyPodEvictionPolicy: AlwaysAllow\n", ""}},
		{"IfHealthyBudget", "pdb-unhealthy", true, []string{"AlwaysAllow", "IfHealthyBudget"}},
		{"nobody could look", "no-pdb", false, append([]string{header, header + "# missing: PodDisruptionBudget poddisruptionbudgets\n"}, wrong...)},
		{"of others", "no-pdb", true, append([]string{oldWeb, web}, wrong...)},
		{"of others", "pdb-selector-mismatch", false, append([]string{oldWeb, web}, wrong...)},
		{"one replica needs none", "no-pdb", false, append([]string{replicas, oneReplica}, wrong...)},
	})
}

func TestNodesNear(t *testing.T) {
	t.Parallel()
	label := func(old, label string) (string, string) { return old, old + " " + label + "," }
	a, preemptibleA := label(firstLabel, `cloud.google.com/gke-preemptible: "true"`)
	b, preemptibleB := label(secondLabel, `cloud.google.com/gke-preemptible: "true"`)
	_, spotA := label(firstLabel, `cloud.google.com/gke-spot: "true"`)
	_, spotB := label(secondLabel, `cloud.google.com/gke-spot: "true"`)
	_, elsewhere := label(firstLabel, `karpenter.sh/capacity-type: spot`)
	born := func(first, second string) []string {
		return []string{a, preemptibleA, b, preemptibleB, `"2026-01-01T00:00:00Z"`, `"` + first + `"`, `"2026-02-01T00:00:00Z"`, `"` + second + `"`}
	}
	v1 := []string{image, v1Image, options, v1Options}
	checkNear(t, []near{
		{"one of two", "all-on-preemptible", false, []string{a, preemptibleA}},
		{"one is not known", "all-on-preemptible", false, []string{a, preemptibleA, "  nodeName: node-2\n", "  nodeName: node-3\n"}},
		{"both kinds", "all-on-preemptible", true, []string{a, preemptibleA, b, spotB}},
		{"two hours apart", "all-same-birth", false, born("2026-11-25T01:00:00Z", "2026-11-25T03:00:00Z")},
		{"an hour apart", "all-same-birth", true, born("2026-11-25T01:00:00Z", "2026-11-25T02:00:00Z")},
		{"older than such a machine", "all-same-birth", false, born("2026-11-24T11:00:00Z", "2026-11-24T11:10:00Z")},
		{"Spot has no such end", "all-same-birth", false, []string{a, spotA, b, spotB, `"2026-01-01T00:00:00Z"`, `"2026-11-25T01:00:00Z"`, `"2026-02-01T00:00:00Z"`, `"2026-11-25T01:05:00Z"`}},
		{"15 seconds", "grace-over-15s-on-preemptible", false, []string{a, preemptibleA, "--min-sigterm-delay=15s", "--min-sigterm-delay=5s", "--max-sigterm-delay=30s", "--max-sigterm-delay=10s"}},
		{"another cloud gives more", "grace-over-15s-on-preemptible", false, []string{a, elsewhere}},
		{"v2 ends dead peers", "dead-peer", false, []string{a, spotA}},
		{"no Spot nodes", "dead-peer", false, v1},
		{"v1", "dead-peer", true, append([]string{a, elsewhere}, v1...)},
	})
}

func TestRolloutsNear(t *testing.T) {
	t.Parallel()
	node := func(more string) (string, string) {
		return lastLine, lastLine + "---\napiVersion: v1\nkind: Node\nmetadata: {name: node-3}\n" + more
	}
	oldNode, third := node("")
	_, cordoned := node("spec: {unschedulable: true}\n")
	_, tainted := node("spec: {taints: [{key: gpu, effect: NoSchedule}]}\n")
	checkNear(t, []near{
		{"a quarter of two is none", "max-unavailable", false, []string{rolling, ""}},
		{"half of two", "max-unavailable", true, []string{rolling, "    rollingUpdate: {maxUnavailable: 50%, maxSurge: 1}\n"}},
		{"neither more nor less is one less", "max-unavailable", true, []string{rolling, "    rollingUpdate: {maxUnavailable: 25%, maxSurge: 0}\n"}},
		{"two of three stay", "max-unavailable", false, []string{replicas, "  replicas: 3\n  minReadySeconds: 10\n", rolling, "    rollingUpdate: {maxUnavailable: 1, maxSurge: 0}\n"}},
		{"a third node", "antiaffinity-deadlock", false, []string{spread, apart, oldNode, third}},
		{"a third node that takes none", "antiaffinity-deadlock", true, []string{spread, apart, oldNode, cordoned}},
		{"a third node for others", "antiaffinity-deadlock", true, []string{spread, apart, oldNode, tainted}},
		{"nodes are not known", "antiaffinity-deadlock", false, []string{spread, apart, header, header + "# missing: Node nodes\n"}},
		{"of one version only", "antiaffinity-deadlock", false, []string{spread, apart + "            matchLabelKeys: [pod-template-hash]\n"}},
		{"an old pod may go first", "antiaffinity-deadlock", false, []string{spread, apart, rolling, "    rollingUpdate: {maxUnavailable: 1, maxSurge: 0}\n"}},
		{"zones", "antiaffinity-deadlock", false, []string{spread, apart, "topologyKey: kubernetes.io/hostname", "topologyKey: topology.kubernetes.io/zone"}},
	})
}
