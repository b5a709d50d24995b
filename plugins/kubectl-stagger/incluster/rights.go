package incluster

import (
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// rule is a rule for one resource.
func rule(group, resource string, verbs ...string) rbacv1.PolicyRule {
	return rbacv1.PolicyRule{APIGroups: []string{group}, Resources: []string{resource}, Verbs: verbs}
}

// clusterRules are what a run does in the whole cluster: a pool's pods are of all
// namespaces.
func (c Config) clusterRules() []rbacv1.PolicyRule {
	nodes := []string{"get", "list", "patch"} // patch cordons, and writes the plan down
	if c.Via != ViaKarpenter && c.Via != ViaClusterAPI {
		nodes = append(nodes, "delete") // the others delete the Node themselves
	}
	rules := []rbacv1.PolicyRule{rule("", "nodes", nodes...)}
	if c.DisableEviction {
		rules = append(rules, rule("", "pods", "list", "delete"))
	} else {
		rules = append(rules, rule("", "pods", "list"), rule("", "pods/eviction", "create"))
	}
	rules = append(rules,
		rule("policy", "poddisruptionbudgets", "get", "list"),
		rule("apps", "daemonsets", "get")) // whether a pod's DaemonSet still exists
	switch c.Via {
	case ViaKarpenter:
		rules = append(rules, rule("karpenter.sh", "nodeclaims", "get", "list", "delete"))
	case ViaClusterAPI:
		rules = append(rules, rule("cluster.x-k8s.io", "machines", "get", "list", "delete"))
	case ViaAPI, ViaGcloud, ViaExec: // their rights are not Kubernetes'
	}
	return rules
}

// leaseRules are what a run does where the lease is. A name cannot limit create.
func (c Config) leaseRules() []rbacv1.PolicyRule {
	own := rule("coordination.k8s.io", "leases", "get", "update")
	own.ResourceNames = []string{c.LeaseName}
	return []rbacv1.PolicyRule{own, rule("coordination.k8s.io", "leases", "create")}
}

// rights are the objects that let the job's service account work.
func (c Config) rights() []runtime.Object {
	account := &corev1.ServiceAccount{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "ServiceAccount"}, ObjectMeta: c.meta(c.Namespace)}
	if c.GSA != "" {
		account.Annotations = map[string]string{"iam.gke.io/gcp-service-account": c.GSA}
	}
	subjects := []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: c.Namespace, Name: c.Name}}
	typed := func(kind string) metav1.TypeMeta {
		return metav1.TypeMeta{APIVersion: rbacv1.SchemeGroupVersion.String(), Kind: kind}
	}
	// Names of cluster roles are the whole cluster's.
	clusterWide := c.meta("")
	clusterWide.Name = c.Namespace + ":" + c.Name
	return []runtime.Object{
		account,
		&rbacv1.ClusterRole{TypeMeta: typed("ClusterRole"), ObjectMeta: clusterWide, Rules: c.clusterRules()},
		&rbacv1.ClusterRoleBinding{TypeMeta: typed("ClusterRoleBinding"), ObjectMeta: clusterWide, Subjects: subjects,
			RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: clusterWide.Name}},
		&rbacv1.Role{TypeMeta: typed("Role"), ObjectMeta: c.meta(c.LeaseNamespace), Rules: c.leaseRules()},
		&rbacv1.RoleBinding{TypeMeta: typed("RoleBinding"), ObjectMeta: c.meta(c.LeaseNamespace), Subjects: subjects,
			RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: c.Name}},
	}
}
