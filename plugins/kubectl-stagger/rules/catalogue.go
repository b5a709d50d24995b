package rules

import "github.com/kubechores/kubechores/pkg/finding"

// The ids. They are a contract: none ever changes its meaning.
const (
	Unseen = "STG00"

	NoTaint    = "STG01"
	SomeTaint  = "STG02"
	OneReplica = "STG03"
	OneNode    = "STG04"
	BarePod    = "STG05"
	OneWindow  = "STG06"

	NoBudget    = "STG07"
	StuckBudget = "STG08"
	ManyBudgets = "STG09"

	NowhereElse = "STG10"
	Pinned      = "STG11"
	NoRoom      = "STG12"
	LongGrace   = "STG13"

	NoAgeLimit     = "STG14"
	UnknownStart   = "STG15"
	EstimatedStart = "STG16"
	StaleNode      = "STG17"
	Cordoned       = "STG18"
	OneNodePool    = "STG19"
	ClusterDNS     = "STG20"

	Unreadable        = "STG21"
	RefusedToleration = "STG22"
	MissedTaint       = "STG23"
)

// Catalogue returns all that the check can find.
func Catalogue() finding.Catalogue {
	return finding.Catalogue{
		{ID: Unseen, Severity: finding.Skipped, Title: "Something could not be looked at"},
		{ID: NoTaint, Severity: finding.Warning, Title: "The pool has no taint that keeps other pods off"},
		{ID: SomeTaint, Severity: finding.Warning, Title: "Only some of the pool's nodes have the taint"},
		{ID: OneReplica, Severity: finding.Error, Title: "A workload on short-lived nodes has only one replica"},
		{ID: OneNode, Severity: finding.Error, Title: "All ready replicas of a workload are on one node of the pool"},
		{ID: BarePod, Severity: finding.Error, Title: "A pod on short-lived nodes that nobody would make anew"},
		{ID: OneWindow, Severity: finding.Error, Title: "A large share of a workload's ready replicas dies of age at about the same time"},
		{ID: NoBudget, Severity: finding.Warning, Title: "A workload has no disruption budget"},
		{ID: StuckBudget, Severity: finding.Error, Title: "A disruption budget allows no eviction, now or ever"},
		{ID: ManyBudgets, Severity: finding.Error, Title: "A pod has more than one disruption budget, so the API refuses to evict it"},
		{ID: NowhereElse, Severity: finding.Warning, Title: "No other node would take a workload when the pool has none"},
		{ID: Pinned, Severity: finding.Warning, Title: "A workload asks for short-lived nodes and cannot go elsewhere"},
		{ID: NoRoom, Severity: finding.Warning, Title: "What dies at about the same time does not fit on the nodes that are left"},
		{ID: LongGrace, Severity: finding.Warning, Title: "A grace period is longer than a preempted node gives"},
		{ID: NoAgeLimit, Severity: finding.Info, Title: "The pool's machines do not die at a certain age"},
		{ID: UnknownStart, Severity: finding.Warning, Title: "When machines started is not known"},
		{ID: EstimatedStart, Severity: finding.Info, Title: "When machines started is only estimated"},
		{ID: StaleNode, Severity: finding.Info, Title: "A Node object is older than its machine can be"},
		{ID: Cordoned, Severity: finding.Warning, Title: "A node of the pool is cordoned"},
		{ID: OneNodePool, Severity: finding.Warning, Title: "The pool has only one node"},
		{ID: ClusterDNS, Severity: finding.Error, Title: "All replicas of the cluster's DNS are in the pool"},
		{ID: Unreadable, Severity: finding.Error, Title: "A file or a document cannot be read"},
		{ID: RefusedToleration, Severity: finding.Error, Title: "The API would not take a toleration"},
		{ID: MissedTaint, Severity: finding.Warning, Title: "A toleration just misses the pool's taint"},
	}
}
