package drain

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// Plan is what a drain does.
type Plan struct {
	// Evict are the pods to be evicted, in the order of the list; Left are those that
	// stay.
	Evict []Victim
	Left  []Left
	// Refusals are what forbids the plan: while there is one, nothing is evicted.
	Refusals []Refusal
	// Waits are pods that a budget would hold back at this moment, but not for ever.
	Waits []Wait
	// Unseen is what could not be looked at, in whole sentences.
	Unseen []string
}

// Pod names a pod for good: another pod of the same name has another UID.
type Pod struct {
	Namespace, Name string
	UID             types.UID
}

func (p Pod) String() string { return p.Namespace + "/" + p.Name }

// Victim is a pod to be evicted.
type Victim struct {
	Pod
	// Grace is how long it may take to end, by the options or its own wish.
	Grace time.Duration
	// Despite is what would forbid it but for the options.
	Despite []Cause
	// Going is when a pod that is being deleted already is to be gone; it is only
	// waited for, unless the options give it less time.
	Going time.Time

	labels map[string]string
	evict  bool // false: only waited for
}

// Left is a pod that stays.
type Left struct {
	Pod
	Why  Why
	Note string // a sentence; empty where there is nothing to add
}

// Why says why a pod stays.
type Why string

// The reasons to stay.
const (
	OfDaemonSet Why = "of a DaemonSet"
	Mirror      Why = "of a file on the node"
	NotSelected Why = "not selected"
	Overdue     Why = "deleted, but its node does not confirm it"
)

// Cause is why a pod may not be evicted.
type Cause string

// The causes.
const (
	DaemonSet    Cause = "of a DaemonSet"
	Orphan       Cause = "of a DaemonSet that is gone"
	EmptyDir     Cause = "has emptyDir volumes"
	NoController Cause = "of no controller"
	ManyBudgets  Cause = "has more than one disruption budget"
	Deadlock     Cause = "held back by a disruption budget for ever"
)

// Refusal is a pod that may not be evicted.
type Refusal struct {
	Pod   Pod
	Cause Cause
	// Budgets are the names of the budgets that select the pod, for ManyBudgets.
	Budgets []string
	// Hold is of the budget, for Deadlock.
	Hold *Hold
}

// Wait is a pod that a budget holds back for now.
type Wait struct {
	Pod  Pod
	Hold Hold
}

// Err is a *Refused when anything forbids the plan, else nil.
func (p *Plan) Err() error {
	if len(p.Refusals) == 0 {
		return nil
	}
	return &Refused{p.Refusals}
}

// Refused says that nothing was evicted, and what forbade it.
type Refused struct{ Refusals []Refusal }

// advice says of each cause, in the order in which they are told, what it means
// and what to do.
var advice = []struct {
	cause         Cause
	meaning, flag string
}{
	{DaemonSet, "pods of DaemonSets, which would come back at once", "--ignore-daemonsets leaves them"},
	{Orphan, "pods whose DaemonSet is gone, so that nobody makes them anew", "--force evicts them"},
	{NoController, "pods of no controller, so that nobody makes them anew", "--force evicts them"},
	{EmptyDir, "pods with emptyDir volumes, whose data would be lost", "--delete-emptydir-data evicts them"},
	{ManyBudgets, "pods with more than one disruption budget, which the API does not evict", "leave one budget for each, or --disable-eviction deletes them"},
}

// Error has a line for each cause, and one for each budget.
func (r *Refused) Error() string {
	var lines []string
	for _, a := range advice {
		var pods []string
		for _, refusal := range r.Refusals {
			if refusal.Cause == a.cause {
				pods = append(pods, refusal.podAndBudgets())
			}
		}
		if len(pods) > 0 {
			lines = append(lines, fmt.Sprintf("%s (%s): %s", a.meaning, a.flag, some(pods)))
		}
	}
	return strings.Join(append(lines, r.deadlocks()...), "\n")
}

func (r Refusal) podAndBudgets() string {
	if len(r.Budgets) == 0 {
		return r.Pod.String()
	}
	return fmt.Sprintf("%s (%s)", r.Pod, strings.Join(r.Budgets, ", "))
}

// deadlocks has one line for each budget and reason.
func (r *Refused) deadlocks() []string {
	var order []string
	pods := map[string][]string{}
	for _, refusal := range r.Refusals {
		if refusal.Cause != Deadlock {
			continue
		}
		text := refusal.Hold.String()
		if pods[text] == nil {
			order = append(order, text)
		}
		pods[text] = append(pods[text], refusal.Pod.String())
	}
	for i, text := range order {
		order[i] = fmt.Sprintf("%s (--disable-eviction deletes without asking it): %s", text, some(pods[text]))
	}
	return order
}

// maxNamed is how many pods an error names.
const maxNamed = 10

func some(names []string) string {
	if more := len(names) - maxNamed; more > 0 {
		names = append(slices.Clone(names[:maxNamed]), fmt.Sprintf("and %d more", more))
	}
	return strings.Join(names, ", ")
}
