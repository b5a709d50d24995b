package main

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/kubechores/kubechores/pkg/cli"
	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/live"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/rules"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/served"
)

const (
	// maxEndpoints is how many endpoints are asked, and maxNames how many names are
	// looked up: each may take 5 seconds, and 8 are asked at a time.
	maxEndpoints = 200
	maxNames     = 200
	// adminPatience is how long an Envoy's admin port is waited for, which is only a
	// help, and adminParallel how many are asked at a time.
	adminPatience = 10 * time.Second
	adminParallel = 8
)

// probe does handshakes with what serves the doors, asks the Envoys of Istio's gateways
// what they have loaded, and DNS where the doors' hosts lead. An error is of --connect,
// or the end of ctx: what cannot be reached is a result.
func (o *options) probe(ctx context.Context, cluster *kube.Cluster, s *chain.Snapshot, doors []chain.Consumer) ([]rules.Served, []served.Resolution, error) {
	var places []place
	for i := range doors {
		of, err := o.placesOf(cluster, s, &doors[i])
		if err != nil {
			return nil, nil, err
		}
		places = append(places, of...)
	}
	asked := places[:min(len(places), maxEndpoints)]
	endpoints := make([]live.Endpoint, len(asked))
	for i, p := range asked {
		endpoints[i] = live.Endpoint{Name: p.Endpoint, Dial: p.dial, Hosts: p.hosts}
	}
	answers := make(chan *envoys, 1)
	go func() { answers <- askEnvoys(ctx, cluster, asked) }()
	results := live.Probe(ctx, endpoints, live.Options{})
	told := <-answers
	s.Warming = told.warming
	all := make([]rules.Served, len(places))
	for i, p := range places {
		all[i] = p.Served
		if i < len(results) {
			all[i].Result, all[i].Loaded = results[i], told.loaded[p.Pod]
			continue
		}
		all[i].Result.Failure = &served.Failure{Kind: served.NotAsked, Detail: fmt.Sprintf("at most %d endpoints are asked, and there are %d", maxEndpoints, len(places))}
	}
	return all, o.lookUp(ctx, s, doors), ctx.Err()
}

// place is where a door serves, before it is asked.
type place struct {
	rules.Served
	dial  live.Dialer
	hosts []string
	envoy bool // an Envoy of Istio is there
}

// placesOf are the addresses of --connect, else the pods of a door, else, where those are
// not known, the door's own addresses.
func (o *options) placesOf(cluster *kube.Cluster, s *chain.Snapshot, door *chain.Consumer) ([]place, error) {
	if len(o.connect) > 0 {
		return addressPlaces(door, o.connect)
	}
	if all := podPlaces(cluster, door, s.Endpoints(door)); len(all) > 0 || isIstio(door) {
		return all, nil
	}
	var addresses []string
	for _, address := range s.Addresses(door.Object) {
		addresses = append(addresses, net.JoinHostPort(address, "443"))
	}
	return addressPlaces(door, addresses)
}

func isIstio(door *chain.Consumer) bool {
	return strings.HasPrefix(door.APIVersion, chain.IstioGroup+"/")
}

// podPlaces puts together the servers of a port that serve the same Secrets.
func podPlaces(cluster *kube.Cluster, door *chain.Consumer, endpoints []chain.Endpoint) []place {
	var all []place
	for _, e := range endpoints {
		pod := chain.Name{Namespace: e.Pod.Namespace, Name: e.Pod.Name}
		text := fmt.Sprintf("%s:%d", pod, e.Port)
		at := slices.IndexFunc(all, func(p place) bool { return p.Endpoint == text && slices.Equal(p.Secrets, e.Secrets) })
		if at < 0 {
			at, all = len(all), append(all, place{
				Served: rules.Served{Door: door.Object, Endpoint: text, Pod: pod, Secrets: e.Secrets},
				dial:   live.ForwardPod(cluster, pod.Namespace, pod.Name, e.Port), envoy: isIstio(door),
			})
		}
		all[at].hosts = union(all[at].hosts, e.Hosts)
	}
	return all
}

// addressPlaces are addresses, once for each set of hosts that one Secret is for.
func addressPlaces(door *chain.Consumer, addresses []string) ([]place, error) {
	var all []place
	for _, address := range addresses {
		dial, err := live.TCP(address)
		if err != nil {
			return nil, err
		}
		for _, one := range shares(door) {
			one.Door, one.Endpoint, one.dial = door.Object, address, dial
			all = append(all, one)
		}
	}
	return all, nil
}

// shares are the hosts of a door with the Secrets that are for them. Those without one
// are served by a default.
func shares(door *chain.Consumer) []place {
	var all []place
	var taken []string
	for _, use := range door.Uses {
		if use.CA || use.Secret.Name == "" {
			continue
		}
		hosts := use.Hosts
		if len(door.Uses) == 1 && len(hosts) == 0 {
			hosts = door.Hosts
		}
		at := slices.IndexFunc(all, func(p place) bool { return slices.Equal(p.hosts, hosts) })
		if at < 0 {
			at, all = len(all), append(all, place{hosts: hosts})
		}
		if !slices.Contains(all[at].Secrets, use.Secret) {
			all[at].Secrets = append(all[at].Secrets, use.Secret)
		}
		taken = append(taken, hosts...)
	}
	left := slices.DeleteFunc(slices.Clone(door.Hosts), func(host string) bool { return slices.Contains(taken, host) })
	if len(left) > 0 {
		all = append(all, place{hosts: left})
	}
	return all
}

// union appends what is not yet there.
func union(all, more []string) []string {
	for _, one := range more {
		if !slices.Contains(all, one) {
			all = append(all, one)
		}
	}
	return all
}

// envoys is what the Envoys of Istio's gateways say, by pod. Those that do not answer are
// left out: their handshakes tell more of that.
type envoys struct {
	mu      sync.Mutex
	loaded  map[chain.Name][]served.Loaded
	warming map[chain.Name][]string
}

// askEnvoys asks each Envoy once.
func askEnvoys(ctx context.Context, cluster *kube.Cluster, places []place) *envoys {
	all := &envoys{loaded: map[chain.Name][]served.Loaded{}, warming: map[chain.Name][]string{}}
	seen := map[chain.Name]bool{}
	slots := make(chan struct{}, adminParallel)
	var wg sync.WaitGroup
	for _, p := range places {
		if !p.envoy || seen[p.Pod] {
			continue
		}
		seen[p.Pod] = true
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			all.ask(ctx, cluster, p.Pod)
		})
	}
	wg.Wait()
	return all
}

func (e *envoys) ask(ctx context.Context, cluster *kube.Cluster, pod chain.Name) {
	ctx, cancel := context.WithTimeout(ctx, adminPatience)
	defer cancel()
	dial := live.ForwardPod(cluster, pod.Namespace, pod.Name, live.AdminPort)
	loaded, err := live.AdminCertificates(ctx, dial)
	if err != nil {
		return
	}
	warming, err := live.AdminWarming(ctx, dial)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.loaded[pod] = append([]served.Loaded{}, loaded...) // none is not unknown
	if err == nil && len(warming) > 0 {
		e.warming[pod] = warming
	}
}

// lookUp asks DNS for the hosts of doors that have addresses, and for those addresses
// that are names.
func (o *options) lookUp(ctx context.Context, s *chain.Snapshot, doors []chain.Consumer) []served.Resolution {
	var names []string
	for _, door := range doors {
		addresses := s.Addresses(door.Object)
		if len(addresses) == 0 {
			continue // there is nothing to compare with
		}
		names = union(names, slices.DeleteFunc(slices.Concat(addresses, door.Hosts), func(name string) bool {
			_, err := netip.ParseAddr(name)
			return err == nil || strings.Contains(name, "*")
		}))
	}
	if len(names) > maxNames {
		cli.NewNotices(o.ErrOut, "certcheck").Printf("DNS is asked for %d of %d names", maxNames, len(names))
		names = names[:maxNames]
	}
	return live.Resolve(ctx, &net.Resolver{}, names, live.Options{})
}
