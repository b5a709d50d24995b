package main

import (
	"context"
	"errors"
	"sync"

	"github.com/kubechores/kubechores/pkg/cli"
	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/tunnel"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/wire"
)

const (
	// liveReplicas is how many pods of a proxy are asked: all are told the same, and each
	// question is a connection to the database.
	liveReplicas = 3
	liveParallel = 8
)

// lookLive asks the ports of the snapshot's shared proxies through port-forwards which
// engine answers, and with test has a throw-away pod of each try its instances. What it
// finds goes into the snapshot, which is closed anew. The error is that of ctx.
func lookLive(ctx context.Context, cluster *kube.Cluster, s *snapshot.Snapshot, test bool, notices *cli.Notices) error {
	look := &liveLook{cluster: cluster, snapshot: s, notices: notices, slots: make(chan struct{}, liveParallel)}
	for _, p := range s.Proxies {
		if p.Shared {
			look.ports(ctx, p)
		}
		if p.Shared && test {
			look.do(func() { look.test(ctx, p) })
		}
	}
	look.all.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	s.Close()
	return nil
}

// liveLook is one look.
type liveLook struct {
	cluster *kube.Cluster
	notices *cli.Notices
	slots   chan struct{}
	all     sync.WaitGroup

	mu       sync.Mutex // of the snapshot's Probes, Tests and Missing
	snapshot *snapshot.Snapshot
}

// do does something when one of the slots is free.
func (l *liveLook) do(what func()) {
	l.all.Go(func() {
		l.slots <- struct{}{}
		defer func() { <-l.slots }()
		what()
	})
}

// ports asks the ports of a proxy's instances.
func (l *liveLook) ports(ctx context.Context, p *snapshot.Proxy) {
	var pods []*snapshot.Pod
	for _, pod := range p.Pods {
		if tunnel.NotReady(&pod.Value) == "" && len(pods) < liveReplicas {
			pods = append(pods, pod)
		}
	}
	name := kubectlName(p.Workload)
	if len(pods) == 0 {
		l.miss("Probe", "the ports of "+name, p.Namespace, "none of its pods is ready")
		return
	}
	for _, d := range destinations([]*snapshot.Proxy{p}) {
		l.do(func() {
			if d.port == 0 {
				var err error
				if d.port, err = portFromLog(ctx, l.cluster, d); err != nil {
					l.miss("Probe", "the ports of "+name, p.Namespace, err.Error())
					return
				}
				d.engine = guessEngine(p, d.port)
			}
			for _, pod := range pods {
				l.do(func() { l.ask(ctx, d, pod) })
			}
		})
	}
}

// ask asks one port of one pod.
func (l *liveLook) ask(ctx context.Context, d *destination, pod *snapshot.Pod) {
	answer, err := wire.Ask(ctx, podDialer(l.cluster, pod.Namespace, pod.Name, d.port), d.engine, wire.Options{})
	var failure *tunnel.Failure
	switch {
	case ctx.Err() != nil:
		return
	case errors.As(err, &failure) && !failure.Refused:
		l.miss("Probe", "pods/portforward", pod.Namespace, failure.Text)
		return
	case err != nil:
		answer.Text = err.Error()
	case answer.Text == "":
		answer.Text = answer.Version
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.snapshot.Probes = append(l.snapshot.Probes, &snapshot.Probe{
		Namespace: pod.Namespace, Pod: pod.Name, Port: d.port, Got: string(answer.Engine), Text: answer.Text, Cut: answer.Cut,
	})
}

// miss says what could not be looked at, once for each resource and namespace.
func (l *liveLook) miss(kind, resource, namespace, reason string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range l.snapshot.Missing {
		if m.Kind == kind && m.Resource == resource && m.Namespace == namespace {
			return
		}
	}
	l.snapshot.Missing = append(l.snapshot.Missing, snapshot.Missing{Kind: kind, Resource: resource, Namespace: namespace, Reason: reason})
}
