package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/metrics"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/tunnel"
)

// statusDocument is a status for programs.
type statusDocument struct {
	APIVersion string        `json:"apiVersion"`
	Kind       string        `json:"kind"`
	Proxies    []proxyStatus `json:"proxies"`
	// Skipped is what could not be looked at.
	Skipped []string `json:"skipped,omitempty"`
}

type proxyStatus struct {
	Namespace string           `json:"namespace"`
	Kind      string           `json:"kind"`
	Name      string           `json:"name"`
	Container string           `json:"container"`
	Image     string           `json:"image"`
	Wanted    *int             `json:"replicas,omitempty"` // absent where no number says it
	Ready     int              `json:"readyReplicas"`
	Instances []instanceStatus `json:"instances"`
	Pods      []podStatus      `json:"pods"`
}

type instanceStatus struct {
	Name   string `json:"name"`
	Listen string `json:"listen"` // ADDRESS:PORT, or a socket's path
	// Loopback says that only the pod itself reaches it.
	Loopback bool            `json:"loopback,omitempty"`
	Services []serviceStatus `json:"services"`
	Counts   *countStatus    `json:"connections,omitempty"` // over all pods that said it
	port     int
}

type serviceStatus struct {
	Address   string `json:"address"` // NAME.NAMESPACE:PORT
	ClusterIP string `json:"clusterIP,omitempty"`
	Ready     int    `json:"readyEndpoints"`
	Endpoints int    `json:"endpoints"`
}

type podStatus struct {
	Name string `json:"name"`
	// NotReady says why; it is absent for a pod that is ready.
	NotReady   string       `json:"notReady,omitempty"`
	Restarts   int32        `json:"restarts"`
	Node       string       `json:"node,omitempty"`
	Zone       string       `json:"zone,omitempty"`
	ShortLived string       `json:"shortLived,omitempty"` // what its node is: preemptible, spot
	Counts     *countStatus `json:"connections,omitempty"`
}

// countStatus counts connections to instances, failures since the pod's start.
type countStatus struct {
	Open     int64 `json:"open"`
	Failures int64 `json:"dialFailures"`
}

func newStatusDocument(s *snapshot.Snapshot, proxies []*snapshot.Proxy) *statusDocument {
	d := &statusDocument{APIVersion: "sqlproxy.kubechores.io/v1", Kind: "Status", Proxies: []proxyStatus{}}
	for _, m := range s.Missing {
		text := "could not look at " + m.Resource
		if m.Namespace != "" {
			text += " in namespace " + m.Namespace
		}
		d.Skipped = append(d.Skipped, text+": "+m.Reason)
	}
	for _, p := range proxies {
		st := proxyStatus{Namespace: p.Namespace, Kind: p.Kind, Name: p.Name, Container: p.Container.Name, Image: p.Container.Image,
			Instances: instancesOf(s, p), Pods: []podStatus{}}
		if p.Replicas >= 0 {
			st.Wanted = &p.Replicas
		}
		for _, pod := range p.Pods {
			one := podOfStatus(s, p, pod)
			if one.NotReady == "" {
				st.Ready++
			}
			st.Pods = append(st.Pods, one)
		}
		d.Proxies = append(d.Proxies, st)
	}
	return d
}

func podOfStatus(s *snapshot.Snapshot, p *snapshot.Proxy, pod *snapshot.Pod) podStatus {
	one := podStatus{Name: pod.Name, NotReady: tunnel.NotReady(&pod.Value), Node: pod.Value.Spec.NodeName}
	for _, c := range slices.Concat(pod.Value.Status.InitContainerStatuses, pod.Value.Status.ContainerStatuses) {
		if c.Name == p.Container.Name {
			one.Restarts = c.RestartCount
		}
	}
	if node := snapshot.Find(s.Nodes, "", one.Node); node != nil {
		one.Zone = node.Value.Labels[corev1.LabelTopologyZone]
		one.ShortLived = shortLived(node.Value.Labels)
	}
	return one
}

// shortLived says what kind of machine a node's labels show that may be taken away.
func shortLived(labels map[string]string) string {
	switch {
	case labels["cloud.google.com/gke-preemptible"] == "true":
		return "preemptible"
	case labels["cloud.google.com/gke-spot"] == "true", labels["eks.amazonaws.com/capacityType"] == "SPOT",
		labels["karpenter.sh/capacity-type"] == "spot", labels["kubernetes.azure.com/scalesetpriority"] == "spot":
		return "spot"
	}
	return ""
}

// metricsPatience is how long one pod may take to say its metrics.
const metricsPatience = 15 * time.Second

// measure asks the pods of proxies that have metrics. What could not be asked is Skipped;
// the error is that of ctx.
func (d *statusDocument) measure(ctx context.Context, cluster *kube.Cluster, proxies []*snapshot.Proxy) error {
	var mu sync.Mutex
	var all sync.WaitGroup
	slots := make(chan struct{}, liveParallel)
	for i, p := range proxies {
		st := &d.Proxies[i]
		l, ok := p.Spec.HTTPListener()
		if !ok || !p.Spec.HTTP.Prometheus {
			d.Skipped = append(d.Skipped, fmt.Sprintf("%s/%s has no metrics: it runs without --prometheus", p.Namespace, p.Name))
			continue
		}
		for j := range st.Pods {
			pod := &st.Pods[j]
			if pod.NotReady != "" {
				continue
			}
			all.Go(func() {
				slots <- struct{}{}
				defer func() { <-slots }()
				asking, cancel := context.WithTimeout(ctx, metricsPatience)
				defer cancel()
				counts, err := metrics.Get(asking, podDialer(cluster, p.Namespace, pod.Name, l.Port))
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					d.Skipped = append(d.Skipped, fmt.Sprintf("could not read the metrics of pod %s/%s: %v", p.Namespace, pod.Name, err))
					return
				}
				st.count(pod, counts)
			})
		}
	}
	all.Wait()
	slices.Sort(d.Skipped)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// count adds what a pod has said. An instance that it has no line for was never dialled.
func (st *proxyStatus) count(pod *podStatus, counts map[string]metrics.Counts) {
	pod.Counts = &countStatus{}
	for i := range st.Instances {
		instance := &st.Instances[i]
		if instance.Counts == nil {
			instance.Counts = &countStatus{}
		}
		c := counts[instance.Name]
		instance.Counts.Open += c.Open
		instance.Counts.Failures += c.DialFailures
		pod.Counts.Open += c.Open
		pod.Counts.Failures += c.DialFailures
	}
}
