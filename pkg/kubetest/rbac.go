package kubetest

import (
	"fmt"
	"strings"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Rule is a permission that was taken away.
type Rule struct {
	verb, resource, group string
	anyGroup              bool
	namespace, name       string
	clusterOnly           bool
	set                   *ruleSet
	count                 int // guarded by set.mu
}

type ruleSet struct {
	mu    sync.Mutex
	rules []*Rule
}

// Forbid takes a permission away: what matches gets 403 with the real text.
// verb and resource are RBAC's: "list", "pods", "pods/log", "*"; "deployments.apps"
// names the group too. scope is at most a namespace and a name; without it the
// rule holds everywhere.
func (s *Server) Forbid(verb, resource string, scope ...string) *Rule {
	r := newRule(s.rules, verb, resource)
	if len(scope) > 0 {
		r.namespace = scope[0]
	}
	if len(scope) > 1 {
		r.name = scope[1]
	}
	return r.add()
}

// ForbidAtClusterScope takes a permission away for requests over all
// namespaces and for cluster-wide kinds; requests in one namespace pass. This
// is what users with Roles and without ClusterRoles meet.
func (s *Server) ForbidAtClusterScope(verb, resource string) *Rule {
	r := newRule(s.rules, verb, resource)
	r.clusterOnly = true
	return r.add()
}

func newRule(set *ruleSet, verb, resource string) *Rule {
	plural, sub, _ := strings.Cut(resource, "/")
	plural, group, hasGroup := strings.Cut(plural, ".")
	if sub != "" {
		plural += "/" + sub
	}
	return &Rule{set: set, verb: verb, resource: plural, group: group, anyGroup: !hasGroup}
}

func (r *Rule) add() *Rule {
	r.set.mu.Lock()
	defer r.set.mu.Unlock()
	r.set.rules = append(r.set.rules, r)
	return r
}

// Remove gives the permission back.
func (r *Rule) Remove() {
	r.set.mu.Lock()
	defer r.set.mu.Unlock()
	for i, other := range r.set.rules {
		if other == r {
			r.set.rules = append(r.set.rules[:i:i], r.set.rules[i+1:]...)
			return
		}
	}
}

// Count says how many requests were refused.
func (r *Rule) Count() int {
	r.set.mu.Lock()
	defer r.set.mu.Unlock()
	return r.count
}

func (r *Rule) matches(c call) bool {
	all := func(pattern string) bool { return pattern == "*" }
	return (all(r.verb) || r.verb == c.verb) && (all(r.resource) || r.resource == c.resource()) &&
		(r.anyGroup || r.group == c.gvr.Group) && is(r.namespace, c.namespace) && is(r.name, c.name) &&
		(!r.clusterOnly || c.namespace == "")
}

// forbids says whether a rule is against c.
func (rs *ruleSet) forbids(c call, count bool) bool {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	for _, r := range rs.rules {
		if r.matches(c) {
			if count {
				r.count++
			}
			return true
		}
	}
	return false
}

func (rs *ruleSet) check(c call, user string) error {
	if c.gvr.Resource == "" || !rs.forbids(c, true) {
		return nil
	}
	return forbidden(c, user)
}

// forbidden is the 403 of kube-apiserver (handlers/responsewriters/errors.go).
func forbidden(c call, user string) error {
	where := "at the cluster scope"
	if c.namespace != "" {
		where = fmt.Sprintf("in the namespace %q", c.namespace)
	}
	return apierrors.NewForbidden(schema.GroupResource{Group: c.gvr.Group, Resource: c.gvr.Resource}, c.name,
		//lint:ignore ST1005 the real server's text
		fmt.Errorf("User %q cannot %s resource %q in API group %q %s", user, c.verb, c.resource(), c.gvr.Group, where))
}
