package kube

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
)

// Kind is a resource type as discovery describes it.
type Kind struct {
	Group, Version string
	Kind           string
	Plural         string // the name in URLs
	Singular       string
	Short          []string
	Namespaced     bool
}

// GVR is what the dynamic and metadata clients ask for.
func (k Kind) GVR() schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: k.Group, Version: k.Version, Resource: k.Plural}
}

// String is the type as kubectl prints it: plural.group.
func (k Kind) String() string {
	if k.Group == "" {
		return k.Plural
	}
	return k.Plural + "." + k.Group
}

// answersTo says whether a user may mean this kind by that word: plural,
// singular, kind or short name in any case, alone or followed by .group or
// .version.group.
func (k Kind) answersTo(word string) bool {
	word = strings.ToLower(word)
	name, rest, qualified := strings.Cut(word, ".")
	if name == "" || (qualified && rest != k.Group && rest != k.Version+"."+k.Group) {
		return false
	}
	return name == k.Plural || name == k.Singular || name == strings.ToLower(k.Kind) || slices.Contains(k.Short, name)
}

// builtinKinds are known without asking the server.
func builtinKinds() []Kind {
	return []Kind{
		{"", "v1", "Pod", "pods", "pod", []string{"po"}, true},
		{"", "v1", "Service", "services", "service", []string{"svc"}, true},
		{"", "v1", "ReplicationController", "replicationcontrollers", "replicationcontroller", []string{"rc"}, true},
		{"", "v1", "Node", "nodes", "node", []string{"no"}, false},
		{"", "v1", "Namespace", "namespaces", "namespace", []string{"ns"}, false},
		{"apps", "v1", "Deployment", "deployments", "deployment", []string{"deploy"}, true},
		{"apps", "v1", "ReplicaSet", "replicasets", "replicaset", []string{"rs"}, true},
		{"apps", "v1", "StatefulSet", "statefulsets", "statefulset", []string{"sts"}, true},
		{"apps", "v1", "DaemonSet", "daemonsets", "daemonset", []string{"ds"}, true},
		{"batch", "v1", "Job", "jobs", "job", nil, true},
		{"batch", "v1", "CronJob", "cronjobs", "cronjob", []string{"cj"}, true},
	}
}

// OwnerKinds are the words for the built-in kinds that own pods, as completion
// offers them.
func OwnerKinds() []string {
	return []string{"pod", "deploy", "rs", "sts", "ds", "job", "cronjob", "rc", "svc"}
}

// kindIndex finds kinds by name; CRD kinds come from the server's discovery,
// read once and only when a built-in kind does not answer.
type kindIndex struct {
	client rest.Interface
	mu     sync.Mutex
	served []Kind
}

func newKindIndex(client rest.Interface) *kindIndex { return &kindIndex{client: client} }

// Kind returns the kind that a user means by word. The error names what the
// server has where nothing answers.
func (c *Cluster) Kind(ctx context.Context, word string) (Kind, error) {
	for _, k := range builtinKinds() {
		if k.answersTo(word) {
			return k, nil
		}
	}
	served, err := c.kinds.discover(ctx)
	if err != nil {
		return Kind{}, fmt.Errorf("looking up resource type %q: %w", word, err)
	}
	for _, k := range served {
		if k.answersTo(word) {
			return k, nil
		}
	}
	return Kind{}, fmt.Errorf("the server doesn't have a resource type %q%s (built in: %s)",
		word, didYouMean(word, served), strings.Join(OwnerKinds(), ", "))
}

// kindOf returns the kind that an ownerReference names.
func (c *Cluster) kindOf(ctx context.Context, group, kind string) (Kind, bool) {
	same := func(k Kind) bool { return k.Group == group && k.Kind == kind }
	builtin := builtinKinds()
	if i := slices.IndexFunc(builtin, same); i >= 0 {
		return builtin[i], true
	}
	served, err := c.kinds.discover(ctx)
	if err != nil {
		return Kind{}, false
	}
	if i := slices.IndexFunc(served, same); i >= 0 {
		return served[i], true
	}
	return Kind{}, false
}

func didYouMean(word string, kinds []Kind) string {
	best, distance := "", 3
	for _, k := range append(builtinKinds(), kinds...) {
		for _, name := range append([]string{k.Singular, k.Plural}, k.Short...) {
			if d := editDistance(strings.ToLower(word), name); name != "" && d < distance {
				best, distance = name, d
			}
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

// aggregatedDiscovery is the one-request form of /apis (Kubernetes 1.26 and
// later); an older server ignores it and answers with its list of groups.
const aggregatedDiscovery = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList," +
	"application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"

// discoveryDocument is the part that is needed of both forms: items of the
// aggregated one, groups of the classic one.
type discoveryDocument struct {
	Items []struct {
		Metadata struct{ Name string }
		Versions []struct {
			Version   string
			Resources []struct {
				Resource         string
				ResponseKind     struct{ Kind string }
				Scope            string
				SingularResource string
				ShortNames       []string
			}
		}
	}
	Groups []struct {
		Name             string
		PreferredVersion struct{ GroupVersion, Version string }
	}
}

// discover reads what the server serves: for each resource its preferred version.
func (x *kindIndex) discover(ctx context.Context) ([]Kind, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.served != nil {
		return x.served, nil
	}
	raw, err := x.client.Get().AbsPath("/apis").SetHeader("Accept", aggregatedDiscovery).DoRaw(ctx)
	if err != nil {
		return nil, err
	}
	var doc discoveryDocument
	if err := json.Unmarshal(raw, &doc); err != nil {
		return nil, fmt.Errorf("discovery document: %w", err)
	}
	kinds := doc.kinds()
	for _, g := range doc.Groups {
		more, err := x.group(ctx, g.Name, g.PreferredVersion.Version)
		if err != nil {
			continue // an extension API server that is down must not hide the other groups
		}
		kinds = append(kinds, more...)
	}
	x.served = kinds
	return kinds, nil
}

func (d discoveryDocument) kinds() []Kind {
	var kinds []Kind
	for _, group := range d.Items {
		seen := map[string]bool{}
		for _, version := range group.Versions { // the preferred version comes first
			for _, r := range version.Resources {
				if seen[r.Resource] || strings.Contains(r.Resource, "/") {
					continue
				}
				seen[r.Resource] = true
				kinds = append(kinds, Kind{group.Metadata.Name, version.Version, r.ResponseKind.Kind,
					r.Resource, r.SingularResource, r.ShortNames, r.Scope == "Namespaced"})
			}
		}
	}
	return kinds
}

// group reads one group's classic document.
func (x *kindIndex) group(ctx context.Context, group, version string) ([]Kind, error) {
	raw, err := x.client.Get().AbsPath("/apis", group, version).DoRaw(ctx)
	if err != nil {
		return nil, err
	}
	var doc struct {
		Resources []struct {
			Name, SingularName, Kind string
			Namespaced               bool
			ShortNames               []string
		}
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		return nil, fmt.Errorf("discovery document of %s/%s: %w", group, version, err)
	}
	var kinds []Kind
	for _, r := range doc.Resources {
		if !strings.Contains(r.Name, "/") {
			kinds = append(kinds, Kind{group, version, r.Kind, r.Name, r.SingularName, r.ShortNames, r.Namespaced})
		}
	}
	return kinds, nil
}
