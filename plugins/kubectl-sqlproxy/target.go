package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/diagnose"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

// podKind is what a pod is, which is a workload only where nothing owns it.
const podKind = "Pod"

// targetKinds are the types that a target may have, by kubectl's words for them.
func targetKinds() map[string]string {
	all := map[string]string{
		"deploy": "Deployment", "sts": "StatefulSet", "ds": "DaemonSet", "rs": "ReplicaSet", "cj": "CronJob", "po": podKind, "svc": "Service",
	}
	for _, kind := range []string{"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", podKind, "Service"} {
		all[strings.ToLower(kind)], all[strings.ToLower(kind)+"s"] = kind, kind
	}
	return all
}

// parseKind reads TYPE or TYPE.GROUP.
func parseKind(word string) (kind string, ok bool) {
	word, group, grouped := strings.Cut(strings.ToLower(word), ".")
	kind, ok = targetKinds()[word]
	if !ok || grouped && group != "apps" && group != "batch" {
		return "", false
	}
	return kind, true
}

// parseTargets reads arguments: NAME, TYPE/NAME, or kubectl's other form, TYPE NAME.
func parseTargets(args []string) ([]diagnose.Target, error) {
	if len(args) > 1 {
		if _, ok := parseKind(args[0]); ok {
			joined := make([]string, 0, len(args)-1)
			for _, name := range args[1:] {
				joined = append(joined, args[0]+"/"+name)
			}
			args = joined
		}
	}
	var all []diagnose.Target
	for _, arg := range args {
		target, err := parseTarget(arg)
		if err != nil {
			return nil, err
		}
		all = append(all, target)
	}
	return all, nil
}

func parseTarget(arg string) (diagnose.Target, error) {
	word, name, slash := strings.Cut(arg, "/")
	_, isKind := parseKind(arg)
	switch {
	case arg == "":
		return diagnose.Target{}, errors.New("an argument is empty; want NAME or TYPE/NAME")
	case isKind:
		return diagnose.Target{}, fmt.Errorf("which %s? Want %s/NAME", arg, arg)
	case !slash:
		return diagnose.Target{Name: arg}, nil
	}
	kind, ok := parseKind(word)
	switch {
	case !ok:
		return diagnose.Target{}, fmt.Errorf("%s: sqlproxy knows no type %q; it knows deployment, statefulset, daemonset, replicaset, job, cronjob, pod and service", arg, word)
	case name == "" || strings.Contains(name, "/"):
		return diagnose.Target{}, fmt.Errorf("%s: want TYPE/NAME; the namespace is told by -n", arg)
	}
	return diagnose.Target{Kind: kind, Name: name}, nil
}

// kubectlName is what kubectl calls a workload.
func kubectlName(w *snapshot.Workload) string { return strings.ToLower(w.Kind) + "/" + w.Name }

// findTargets makes of pods the workloads that they are of, and says which target is no
// proxy, with the names that are most like it.
func findTargets(s *snapshot.Snapshot, targets []diagnose.Target, namespaces []string) error {
	proxies := slices.DeleteFunc(slices.Clone(s.Proxies), func(p *snapshot.Proxy) bool {
		return namespaces != nil && !slices.Contains(namespaces, p.Namespace) // of files, all are read
	})
	for i, t := range targets {
		t = ofPod(proxies, t)
		targets[i] = t
		if !slices.ContainsFunc(proxies, t.Means) {
			return noProxy(s, proxies, t, namespaces)
		}
	}
	return nil
}

// ofPod is the target of the workload that has made a pod.
func ofPod(proxies []*snapshot.Proxy, t diagnose.Target) diagnose.Target {
	if t.Kind != podKind {
		return t
	}
	for _, p := range proxies {
		for _, pod := range p.Pods {
			if pod.Name == t.Name {
				return diagnose.Target{Kind: p.Kind, Name: p.Name, Namespace: p.Namespace}
			}
		}
	}
	return t
}

// noProxy is the error of a target that is none.
func noProxy(s *snapshot.Snapshot, proxies []*snapshot.Proxy, t diagnose.Target, namespaces []string) error {
	where := whereOf(namespaces)
	for _, w := range s.Workloads {
		asked := namespaces == nil || slices.Contains(namespaces, w.Namespace)
		if asked && w.Name == t.Name && (t.Kind == "" || t.Kind == w.Kind) {
			return fmt.Errorf("%s %s runs no proxy", kubectlName(w), where)
		}
	}
	err := fmt.Errorf("there is no proxy %s %s", t, where)
	if near := kube.Near(t.Name, proxyNames(proxies), 3); len(near) > 0 {
		return fmt.Errorf("%w; did you mean %s?", err, strings.Join(near, " or "))
	}
	return fmt.Errorf("%w; kubectl sqlproxy check -A shows all", err)
}

// proxyNames are the names that proxies go by: their own and those of their Services.
func proxyNames(proxies []*snapshot.Proxy) []string {
	var all []string
	for _, p := range proxies {
		all = append(all, p.Name)
		for _, o := range p.Services {
			all = append(all, o.Name)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
