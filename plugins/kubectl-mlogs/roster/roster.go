// Package roster keeps the list of containers that are read, as pods come,
// change and go.
package roster

import (
	"regexp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/source"
)

// Filter says which containers of the selected pods are read.
type Filter struct {
	// Include reads only containers whose name matches any; none means all.
	Include, Exclude []*regexp.Regexp
	// Init and Ephemeral say whether these kinds are read.
	Init, Ephemeral bool
	// States begins to read only containers in one of them; none means all.
	States []kube.ContainerState
}

// Names reports whether the container is meant, whatever its state.
func (f Filter) Names(c *kube.Container) bool {
	matches := func(re *regexp.Regexp) bool { return re.MatchString(c.Name) }
	switch {
	case c.Kind == kube.Init && !f.Init, c.Kind == kube.Ephemeral && !f.Ephemeral:
		return false
	case len(f.Include) > 0 && !slices.ContainsFunc(f.Include, matches):
		return false
	}
	return !slices.ContainsFunc(f.Exclude, matches)
}

// Wants reports whether to begin reading the container in its present state.
func (f Filter) Wants(c *kube.Container) bool {
	return f.Names(c) && (len(f.States) == 0 || slices.Contains(f.States, c.State))
}

// Entry is a container that is to be read from now on.
type Entry struct {
	Cluster   *kube.Cluster
	Pod       *kube.Pod
	Container kube.Container
	State     *source.State
	// New: it started after the roster had become complete.
	New bool
	// Unborn: it was seen before it ever ran.
	Unborn bool
}

// Roster is the list. It is not safe for concurrent use.
type Roster struct {
	Filter
	// Start is called for each container once, when it has a log to read.
	Start func(Entry)

	pods     map[types.UID]*pod
	gone     int       // pods that were selected and are not any more
	failed   []Failure // of these
	complete bool
}

type pod struct {
	last    *kube.Pod
	waiting map[string]bool          // containers seen before they ever ran
	reading map[string]*source.State // by container
}

// New returns an empty Roster.
func New(f Filter, start func(Entry)) *Roster {
	return &Roster{Filter: f, Start: start, pods: map[types.UID]*pod{}}
}

// Complete says that all pods which existed at the start have been applied.
func (r *Roster) Complete() { r.complete = true }

// Apply takes a new or changed pod of a cluster.
func (r *Roster) Apply(cluster *kube.Cluster, p *kube.Pod) {
	known := r.pods[p.UID]
	if known == nil {
		known = &pod{waiting: map[string]bool{}, reading: map[string]*source.State{}}
		r.pods[p.UID] = known
	}
	known.last = p
	for i := range p.Containers {
		c := &p.Containers[i]
		switch state := known.reading[c.Name]; {
		case state != nil:
			state.Set(snapshot(p, c), p.Version)
		case !r.Names(c):
		case c.ID == "":
			known.waiting[c.Name] = true
		case r.Wants(c):
			state := source.NewState(snapshot(p, c))
			known.reading[c.Name] = state
			unborn := known.waiting[c.Name]
			r.Start(Entry{cluster, p, *c, state, r.complete || unborn, unborn})
		}
	}
}

// Delete takes a pod that is gone.
func (r *Roster) Delete(p *kube.Pod) {
	known := r.pods[p.UID]
	if known == nil {
		return
	}
	for _, state := range known.reading {
		state.SetGone()
	}
	known.last = p
	r.failed = append(r.failed, r.failures(known)...)
	r.gone++
	delete(r.pods, p.UID)
}

// Refresh brings a state up to date with the pod as a direct look shows it; nil
// says that there is no such pod any more.
func Refresh(state *source.State, uid types.UID, container string, p *kube.Pod) {
	if p == nil || p.UID != uid {
		state.SetGone()
		return
	}
	if c := p.Container(container); c != nil {
		state.Set(snapshot(p, c), p.Version)
	}
}

func snapshot(p *kube.Pod, c *kube.Container) source.Snapshot {
	s := source.Snapshot{Container: *c, Final: p.Done()}
	s.Ended = s.Ended || s.Final // a lost node leaves "running" in a pod that has failed
	return s
}

// Pods is the number of pods that were ever selected; one that left the
// selection and came back counts twice.
func (r *Roster) Pods() int { return len(r.pods) + r.gone }

// Finished reports whether every pod has ended for good, or is gone; there must
// have been one.
func (r *Roster) Finished() bool {
	for _, p := range r.pods {
		if !p.last.Done() {
			return false
		}
	}
	return r.Pods() > 0
}

// Failed returns the containers that made their pods fail, sorted.
func (r *Roster) Failed() []Failure {
	failed := slices.Clone(r.failed)
	for _, p := range r.pods {
		failed = append(failed, r.failures(p)...)
	}
	slices.SortFunc(failed, func(a, b Failure) int { return strings.Compare(a.Name, b.Name) })
	return failed
}

// failures are those of one pod. In a pod that has succeeded a sidecar may well
// have been killed: that is no failure.
func (r *Roster) failures(p *pod) []Failure {
	var failed []Failure
	for i := range p.last.Containers {
		c := &p.last.Containers[i]
		if p.last.Phase == corev1.PodFailed && r.Names(c) && c.Ended && c.ExitCode != 0 {
			failed = append(failed, Failure{p.last.Namespace + "/" + p.last.Name + "/" + c.Name, c.ExitCode, c.Reason})
		}
	}
	return failed
}

// Failure is a container that failed.
type Failure struct {
	Name     string // namespace/pod/container
	ExitCode int32
	Reason   string
}

// Waiting returns the containers that are meant and have never run, with the
// reason that kubelet gives.
func (r *Roster) Waiting() []Failure {
	var waiting []Failure
	for _, p := range r.pods {
		for i := range p.last.Containers {
			if c := &p.last.Containers[i]; r.Names(c) && c.ID == "" {
				waiting = append(waiting, Failure{Name: p.last.Namespace + "/" + p.last.Name + "/" + c.Name, Reason: c.Reason})
			}
		}
	}
	slices.SortFunc(waiting, func(a, b Failure) int { return strings.Compare(a.Name, b.Name) })
	return waiting
}
