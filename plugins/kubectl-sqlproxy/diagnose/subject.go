package diagnose

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

// subject is a proxy, which gets a verdict.
type subject struct {
	*snapshot.Proxy
	objects []finding.Object // of its chain
	logs    []*podLog        // see podLogs
	runs    []*podLog        // see tellingRuns
	found   []*found         // about it, or its chain
}

// reach notes an object of the chain.
func (s *subject) reach(o finding.Object) {
	if !slices.Contains(s.objects, o) {
		s.objects = append(s.objects, o)
	}
}

// choose finds the subjects. Where the cluster has shared proxies, sidecars are judged,
// too: each has its own command line and credentials.
func (c *checker) choose() error {
	for _, p := range c.Proxies {
		if c.Scope != nil && !slices.Contains(c.Scope, p.Namespace) || !c.wanted(p) {
			continue
		}
		s := &subject{Proxy: p}
		s.reach(p.Object)
		c.subjects = append(c.subjects, s)
	}
	for _, t := range c.Targets {
		if !slices.ContainsFunc(c.subjects, func(s *subject) bool { return t.Means(s.Proxy) }) {
			return fmt.Errorf("there is no proxy %s", t)
		}
	}
	return nil
}

func (c *checker) wanted(p *snapshot.Proxy) bool {
	return len(c.Targets) == 0 || slices.ContainsFunc(c.Targets, func(t Target) bool { return t.Means(p) })
}

// Means reports whether a target is the proxy.
func (t Target) Means(p *snapshot.Proxy) bool {
	if t.Namespace != "" && t.Namespace != p.Namespace {
		return false
	}
	if t.Kind != "" && t.Kind != "Service" {
		return t.Kind == p.Kind && t.Name == p.Name
	}
	if t.Kind == "" && t.Name == p.Name {
		return true
	}
	return slices.ContainsFunc(p.Services, func(o *serviceItem) bool { return o.Name == t.Name })
}

// String is the target as one writes it.
func (t Target) String() string {
	name := t.Name
	if t.Kind != "" {
		name = strings.ToLower(t.Kind) + "/" + name
	}
	if t.Namespace != "" {
		name += " in namespace " + t.Namespace
	}
	return name
}
