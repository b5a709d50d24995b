package drain

import (
	"math"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// Options are those of kubectl drain. The zero value is the careful one: it evicts
// no pod whose data or whose work nobody would bring back, and each pod has its own
// grace period.
type Options struct {
	// IgnoreDaemonSets leaves pods of DaemonSets where they are (--ignore-daemonsets).
	IgnoreDaemonSets bool
	// DeleteEmptyDirData evicts pods with emptyDir volumes (--delete-emptydir-data).
	DeleteEmptyDirData bool
	// Force evicts pods that no controller would make anew (--force).
	Force bool
	// DisableEviction deletes pods without asking disruption budgets
	// (--disable-eviction).
	DisableEviction bool
	// Grace is what pods are given to end, instead of what they ask for
	// (--grace-period); nil is each pod's own. It is rounded up to whole seconds, and
	// at least one: with none, the API forgets a pod whose containers may still run.
	Grace *time.Duration
	// PodSelector limits the drain to some of the node's pods (--pod-selector); nil
	// is all.
	PodSelector labels.Selector
	// SkipWaitForDelete is how long after its deletionTimestamp a pod is waited for
	// (--skip-wait-for-delete-timeout); 0 is until it is gone.
	SkipWaitForDelete time.Duration
	// RetryEvery is when a pod that a budget holds back is tried again; 0 is 5 s. It
	// grows to six times that while nothing changes. Where the API says Retry-After,
	// it is not less than that.
	RetryEvery time.Duration
	// LookEvery is how often the node's pods are listed while some are waited for; 0
	// is 1 s.
	LookEvery time.Duration
	// Patience is how long the API may fail (5xx, overload, no connection, no answer)
	// before the drain gives up; 0 is 2 min. One request may take half of it.
	Patience time.Duration
}

// withDefaults returns the options with the zero values filled in.
func (o Options) withDefaults() Options {
	for option, value := range map[*time.Duration]time.Duration{
		&o.RetryEvery: 5 * time.Second, &o.LookEvery: time.Second, &o.Patience: 2 * time.Minute,
	} {
		if *option <= 0 {
			*option = value
		}
	}
	if o.PodSelector == nil {
		o.PodSelector = labels.Everything()
	}
	return o
}

// graceSeconds is what the API is told of the grace period; nil is nothing.
func (o Options) graceSeconds() *int64 {
	if o.Grace == nil {
		return nil
	}
	return new(max(1, int64(math.Ceil(o.Grace.Seconds()))))
}

// hastens reports whether the grace period is shorter than that of a pod which is being
// deleted already.
func (o Options) hastens(pod *corev1.Pod) bool {
	mine, its := o.graceSeconds(), pod.DeletionGracePeriodSeconds
	return mine != nil && its != nil && *mine < *its
}

// overdue reports whether a pod that was to be gone at that time is not waited for.
func (o Options) overdue(deletion, now time.Time) bool {
	return o.SkipWaitForDelete > 0 && now.Sub(deletion) > o.SkipWaitForDelete
}
