package kubetest

import (
	"net/http"
	"slices"
	"strings"

	apidiscoveryv2 "k8s.io/api/apidiscovery/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/version"
)

// serveNonResource serves health, version, discovery and OpenAPI.
func (s *Server) serveNonResource(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimSuffix(r.URL.Path, "/")
	aggregated := strings.Contains(r.Header.Get("Accept"), "g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList")
	groups := s.groupVersions()
	switch {
	case path == "/healthz" || path == "/livez" || path == "/readyz":
		w.Header().Set("Content-Type", "text/plain")
		w.Write([]byte("ok")) //nolint:errcheck
	case path == "/version":
		writeJSON(w, http.StatusOK, s.versionInfo())
	case path == "/api" && aggregated, path == "/apis" && aggregated:
		s.serveAggregated(w, path == "/api")
	case path == "/api":
		writeJSON(w, http.StatusOK, metav1.APIVersions{
			TypeMeta: metav1.TypeMeta{Kind: "APIVersions"}, Versions: []string{"v1"},
			ServerAddressByClientCIDRs: []metav1.ServerAddressByClientCIDR{{ClientCIDR: "0.0.0.0/0", ServerAddress: s.door.addr}}})
	case path == "/apis":
		writeJSON(w, http.StatusOK, s.groupList(groups))
	case strings.HasPrefix(path, "/openapi/v3"):
		s.serveOpenAPI(w, path)
	case path == "/api/v1":
		s.serveResourceList(w, "", "v1")
	case strings.HasPrefix(path, "/apis/"):
		group, ver, _ := strings.Cut(strings.TrimPrefix(path, "/apis/"), "/")
		if ver != "" {
			s.serveResourceList(w, group, ver)
			return
		}
		for _, g := range s.groupList(groups).Groups {
			if g.Name == group {
				g.TypeMeta = metav1.TypeMeta{Kind: "APIGroup", APIVersion: "v1"}
				writeJSON(w, http.StatusOK, g)
				return
			}
		}
		writeError(w, noSuchPath())
	default:
		writeError(w, noSuchPath())
	}
}

func (s *Server) versionInfo() version.Info {
	parts := strings.SplitN(strings.TrimPrefix(s.opts.version, "v"), ".", 3)
	info := version.Info{GitVersion: s.opts.version, GitTreeState: "clean", GoVersion: "go1.26", Compiler: "gc", Platform: "linux/amd64"}
	if len(parts) > 1 {
		info.Major, info.Minor = parts[0], parts[1]
	}
	return info
}

// groupVersions are the served versions by group, both in order.
func (s *Server) groupVersions() map[string][]string {
	out := map[string][]string{"authorization.k8s.io": {"v1"}}
	for _, r := range s.store.resources() {
		if !slices.Contains(out[r.Group], r.Version) {
			out[r.Group] = append(out[r.Group], r.Version)
		}
	}
	return out
}

func (s *Server) groupList(groups map[string][]string) metav1.APIGroupList {
	list := metav1.APIGroupList{TypeMeta: metav1.TypeMeta{Kind: "APIGroupList", APIVersion: "v1"}}
	for name, versions := range groups {
		if name == "" {
			continue
		}
		g := metav1.APIGroup{Name: name}
		for _, v := range versions {
			g.Versions = append(g.Versions, metav1.GroupVersionForDiscovery{GroupVersion: name + "/" + v, Version: v})
		}
		g.PreferredVersion = g.Versions[0]
		list.Groups = append(list.Groups, g)
	}
	slices.SortFunc(list.Groups, func(a, b metav1.APIGroup) int { return strings.Compare(a.Name, b.Name) })
	return list
}

func objectVerbs() []string {
	return []string{"create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"}
}

// subresourcesOf lists a resource's subresources with the kind that each takes
// and its verbs.
func subresourcesOf(r Resource) []metav1.APIResource {
	var out []metav1.APIResource
	for _, name := range r.subresources {
		sub := metav1.APIResource{Name: name, Kind: r.Kind, Verbs: []string{"get"}}
		switch name {
		case "exec":
			sub.Kind, sub.Verbs = "PodExecOptions", []string{"create", "get"}
		case "portforward":
			sub.Kind, sub.Verbs = "PodPortForwardOptions", []string{"create", "get"}
		case "eviction":
			sub.Group, sub.Version, sub.Kind, sub.Verbs = "policy", "v1", "Eviction", []string{"create"}
		case "ephemeralcontainers":
			sub.Verbs = []string{"get", "patch", "update"}
		}
		out = append(out, sub)
	}
	if r.Status {
		out = append(out, metav1.APIResource{Name: "status", Kind: r.Kind, Verbs: []string{"get", "patch", "update"}})
	}
	return out
}

func (s *Server) serveResourceList(w http.ResponseWriter, group, ver string) {
	gv := metav1.GroupVersion{Group: group, Version: ver}.String()
	list := metav1.APIResourceList{TypeMeta: metav1.TypeMeta{Kind: "APIResourceList", APIVersion: "v1"}, GroupVersion: gv}
	for _, r := range s.store.resources() {
		if r.Group != group || r.Version != ver {
			continue
		}
		list.APIResources = append(list.APIResources, metav1.APIResource{Name: r.Plural, SingularName: r.Singular, Namespaced: r.Namespaced,
			Kind: r.Kind, Verbs: objectVerbs(), ShortNames: r.Short, Categories: r.Categories})
		for _, sub := range subresourcesOf(r) {
			sub.Name, sub.Namespaced = r.Plural+"/"+sub.Name, r.Namespaced
			list.APIResources = append(list.APIResources, sub)
		}
	}
	if group == "authorization.k8s.io" {
		list.APIResources = append(list.APIResources, metav1.APIResource{Name: "selfsubjectaccessreviews", SingularName: "selfsubjectaccessreview",
			Kind: "SelfSubjectAccessReview", Verbs: []string{"create"}})
	}
	if len(list.APIResources) == 0 {
		writeError(w, noSuchPath())
		return
	}
	writeJSON(w, http.StatusOK, list)
}

// serveAggregated answers /api or /apis with all groups and resources in one
// document.
func (s *Server) serveAggregated(w http.ResponseWriter, core bool) {
	list := apidiscoveryv2.APIGroupDiscoveryList{TypeMeta: metav1.TypeMeta{Kind: "APIGroupDiscoveryList", APIVersion: "apidiscovery.k8s.io/v2"}}
	for _, r := range s.store.resources() {
		if (r.Group == "") != core {
			continue
		}
		n := len(list.Items)
		if n == 0 || list.Items[n-1].Name != r.Group {
			list.Items = append(list.Items, apidiscoveryv2.APIGroupDiscovery{})
			list.Items[n].Name = r.Group
			n++
		}
		g := &list.Items[n-1]
		v := len(g.Versions)
		if v == 0 || g.Versions[v-1].Version != r.Version {
			g.Versions = append(g.Versions, apidiscoveryv2.APIVersionDiscovery{Version: r.Version, Freshness: apidiscoveryv2.DiscoveryFreshnessCurrent})
			v++
		}
		g.Versions[v-1].Resources = append(g.Versions[v-1].Resources, discovered(r))
	}
	w.Header().Set("Vary", "Accept")
	raw := mustJSON(list)
	w.Header().Set("Content-Type", "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList")
	w.WriteHeader(http.StatusOK)
	w.Write(raw) //nolint:errcheck
}

func discovered(r Resource) apidiscoveryv2.APIResourceDiscovery {
	scope := apidiscoveryv2.ScopeCluster
	if r.Namespaced {
		scope = apidiscoveryv2.ScopeNamespace
	}
	d := apidiscoveryv2.APIResourceDiscovery{
		Resource: r.Plural, SingularResource: r.Singular, Scope: scope, ShortNames: r.Short, Categories: r.Categories, Verbs: objectVerbs(),
		ResponseKind: &metav1.GroupVersionKind{Group: r.Group, Version: r.Version, Kind: r.Kind},
	}
	for _, sub := range subresourcesOf(r) {
		kind := &metav1.GroupVersionKind{Group: r.Group, Version: r.Version, Kind: sub.Kind}
		if sub.Version != "" {
			kind.Group, kind.Version = sub.Group, sub.Version
		}
		d.Subresources = append(d.Subresources, apidiscoveryv2.APISubresourceDiscovery{Subresource: sub.Name, ResponseKind: kind, Verbs: sub.Verbs})
	}
	return d
}
