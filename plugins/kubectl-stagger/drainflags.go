package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubechores/kubechores/plugins/kubectl-stagger/drain"
)

// drainFlags are those of kubectl drain, with its meanings. Two defaults differ: pods
// of DaemonSets are left, since they end with the machine anyway, and a drain does
// not take for ever, since the next node's turn comes.
type drainFlags struct {
	ignoreDaemonSets  bool
	deleteEmptyDir    bool
	force             bool
	disableEviction   bool
	gracePeriod       int
	timeout           time.Duration
	podSelector       string
	skipWaitForDelete int
}

func (f *drainFlags) bind(fs *pflag.FlagSet) {
	fs.BoolVar(&f.ignoreDaemonSets, "ignore-daemonsets", true, "Leave pods of DaemonSets: they end with the machine")
	fs.BoolVar(&f.deleteEmptyDir, "delete-emptydir-data", false, "Evict pods with emptyDir volumes, whose data is lost with them")
	fs.BoolVar(&f.force, "force", false, "Evict pods of no controller, which nobody makes anew")
	fs.IntVar(&f.gracePeriod, "grace-period", -1, "Seconds that pods get to end; -1 is what each asks for")
	fs.DurationVar(&f.timeout, "timeout", 15*time.Minute, "How long a drain may take; then the node is left as it was found. 0 is for ever")
	fs.StringVar(&f.podSelector, "pod-selector", "", "Evict only pods that this label selector selects")
	fs.BoolVar(&f.disableEviction, "disable-eviction", false, "Delete pods instead of evicting them, without asking disruption budgets")
	fs.IntVar(&f.skipWaitForDelete, "skip-wait-for-delete-timeout", 0, "Do not wait for pods that were deleted more than so many seconds ago; 0 waits")
}

func (f *drainFlags) options() (drain.Options, error) {
	o := drain.Options{
		IgnoreDaemonSets: f.ignoreDaemonSets, DeleteEmptyDirData: f.deleteEmptyDir, Force: f.force, DisableEviction: f.disableEviction,
		SkipWaitForDelete: time.Duration(f.skipWaitForDelete) * time.Second,
	}
	if f.gracePeriod >= 0 {
		o.Grace = new(time.Duration(f.gracePeriod) * time.Second)
	}
	if f.podSelector != "" {
		selector, err := labels.Parse(f.podSelector)
		if err != nil {
			return o, fmt.Errorf("--pod-selector %q: %w", f.podSelector, err)
		}
		o.PodSelector = selector
	}
	return o, nil
}

func (f *drainFlags) validate() error {
	switch {
	case f.gracePeriod < -1:
		return errors.New("--grace-period must be -1 or more")
	case f.timeout < 0:
		return errors.New("--timeout must not be negative")
	case f.skipWaitForDelete < 0:
		return errors.New("--skip-wait-for-delete-timeout must not be negative")
	}
	_, err := f.options()
	return err
}

// args are the flags as kubectl drain takes them.
func (f *drainFlags) args() []string {
	var args []string
	for _, flag := range []struct {
		name string
		set  bool
	}{{"--ignore-daemonsets", f.ignoreDaemonSets}, {"--delete-emptydir-data", f.deleteEmptyDir}, {"--force", f.force}, {"--disable-eviction", f.disableEviction}} {
		if flag.set {
			args = append(args, flag.name)
		}
	}
	if f.gracePeriod >= 0 {
		args = append(args, fmt.Sprintf("--grace-period=%d", f.gracePeriod))
	}
	if f.podSelector != "" {
		args = append(args, "--pod-selector="+f.podSelector)
	}
	if f.skipWaitForDelete > 0 {
		args = append(args, fmt.Sprintf("--skip-wait-for-delete-timeout=%d", f.skipWaitForDelete))
	}
	return append(args, "--timeout="+f.timeout.String())
}
