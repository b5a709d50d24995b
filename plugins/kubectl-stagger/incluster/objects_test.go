package incluster

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/yaml"
)

var update = flag.Bool("update", false, "write the golden files")

// sample is a config that nothing is wrong with.
func sample() Config {
	return Config{
		Name: "stagger-preempt", Namespace: "kube-system", Pool: "preempt", PoolLabels: []string{"cloud.google.com/gke-nodepool"},
		Image: "images.example/stagger:v1", Every: 10 * time.Minute, Slack: 40 * time.Minute, Via: ViaAPI,
		LeaseNamespace: "kube-system", LeaseName: "stagger-preempt",
	}
}

// configs are the golden files' configs.
func configs() map[string]Config {
	gke, gcloud, karpenter, capi, exec := sample(), sample(), sample(), sample(), sample()
	gke.GSA = "spread@shop-prod.iam.gserviceaccount.com"
	gke.Args = []string{"--via=api", "--hours=22:00-06:00", "--time-zone=Europe/Berlin"}
	gcloud.Via, gcloud.Every, gcloud.AssumeRepair, gcloud.Args = ViaGcloud, 2*time.Hour, true, []string{"--via=gcloud", "--assume-repair"}
	karpenter.Via, karpenter.Args = ViaKarpenter, []string{"--via=karpenter", "--max-age=24h"}
	karpenter.PoolLabels = []string{"karpenter.sh/nodepool", "karpenter.sh/provisioner-name"}
	capi.Via, capi.DisableEviction, capi.Namespace, capi.LeaseNamespace = ViaClusterAPI, true, "ops", "locks"
	capi.PoolLabels, capi.Args = nil, []string{"--via=capi", "--disable-eviction", "--lease-namespace=locks"}
	exec.Via, exec.Args = ViaExec, []string{"--via=exec=remake \"$STAGGER_NODE\" # it's: {{ here }}"}
	return map[string]Config{"gke": gke, "gcloud": gcloud, "karpenter": karpenter, "capi": capi, "exec": exec}
}

func printed(t *testing.T, c Config) string {
	t.Helper()
	objects, err := Objects(c)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := WriteYAML(&b, Advice(c), objects); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for name, c := range configs() {
		got := printed(t, c)
		path := filepath.Join("testdata", name+".yaml")
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s is not what is printed; look at `git diff` after -update:\n%s", path, got)
		}
	}
}

// decoded are the documents of a printed manifest, read back into their types; a
// field that the type does not have fails the test.
type decoded struct {
	account  corev1.ServiceAccount
	cluster  rbacv1.ClusterRole
	clusters rbacv1.ClusterRoleBinding
	role     rbacv1.Role
	roles    rbacv1.RoleBinding
	job      batchv1.CronJob
}

func decode(t *testing.T, text string) decoded {
	t.Helper()
	var d decoded
	documents := strings.Split(text, "---\n")[1:]
	into := []any{&d.account, &d.cluster, &d.clusters, &d.role, &d.roles, &d.job}
	if len(documents) != len(into) {
		t.Fatalf("%d documents, want %d", len(documents), len(into))
	}
	for i, document := range documents {
		if err := yaml.UnmarshalStrict([]byte(document), into[i]); err != nil {
			t.Errorf("document %d: %v", i, err)
		}
		if strings.Contains(document, "null") || strings.Contains(document, "status:") || strings.Contains(document, "creationTimestamp") {
			t.Errorf("it says what nobody has set:\n%s", document)
		}
	}
	return d
}

// TestObjectsFitTogether: who is bound to what, and runs as whom.
func TestObjectsFitTogether(t *testing.T) {
	t.Parallel()
	for name, c := range configs() {
		d := decode(t, printed(t, c))
		for _, kind := range []struct{ got, want string }{
			{d.account.Kind, "ServiceAccount"}, {d.cluster.Kind, "ClusterRole"}, {d.clusters.Kind, "ClusterRoleBinding"},
			{d.role.Kind, "Role"}, {d.roles.Kind, "RoleBinding"}, {d.job.Kind, "CronJob"},
		} {
			if kind.got != kind.want {
				t.Errorf("%s: %s, want %s", name, kind.got, kind.want)
			}
		}
		subject := rbacv1.Subject{Kind: "ServiceAccount", Namespace: c.Namespace, Name: d.account.Name}
		if !slices.Equal(d.clusters.Subjects, []rbacv1.Subject{subject}) || !slices.Equal(d.roles.Subjects, []rbacv1.Subject{subject}) {
			t.Errorf("%s: bound are %v and %v, want %v", name, d.clusters.Subjects, d.roles.Subjects, subject)
		}
		if d.clusters.RoleRef != (rbacv1.RoleRef{APIGroup: "rbac.authorization.k8s.io", Kind: "ClusterRole", Name: d.cluster.Name}) {
			t.Errorf("%s: the cluster role's binding is to %v", name, d.clusters.RoleRef)
		}
		if d.roles.RoleRef != (rbacv1.RoleRef{APIGroup: "rbac.authorization.k8s.io", Kind: "Role", Name: d.role.Name}) {
			t.Errorf("%s: the role's binding is to %v", name, d.roles.RoleRef)
		}
		if d.role.Namespace != c.LeaseNamespace || d.roles.Namespace != c.LeaseNamespace || d.account.Namespace != c.Namespace || d.job.Namespace != c.Namespace {
			t.Errorf("%s: in namespaces %s, %s, %s, %s", name, d.role.Namespace, d.roles.Namespace, d.account.Namespace, d.job.Namespace)
		}
		pod := d.job.Spec.JobTemplate.Spec.Template.Spec
		if pod.ServiceAccountName != d.account.Name {
			t.Errorf("%s: the job runs as %q", name, pod.ServiceAccountName)
		}
		if got := pod.Containers[0].Args; !slices.Equal(got[5:], c.Args) || got[1] != c.Pool {
			t.Errorf("%s: arguments %q", name, got)
		}
	}
}

// rightsOf writes rules as "group/resource: verbs", sorted.
func rightsOf(rules []rbacv1.PolicyRule) []string {
	var all []string
	for _, r := range rules {
		for _, resource := range r.Resources {
			for _, verb := range r.Verbs {
				all = append(all, strings.TrimPrefix(r.APIGroups[0]+"/"+resource, "/")+" "+verb)
			}
		}
	}
	slices.Sort(all)
	return all
}

// TestRights: what a run needs and nothing else.
func TestRights(t *testing.T) {
	t.Parallel()
	common := []string{"nodes get", "nodes list", "nodes patch", "pods list",
		"policy/poddisruptionbudgets get", "policy/poddisruptionbudgets list", "apps/daemonsets get"}
	eviction := "pods/eviction create"
	for _, test := range []struct {
		via      Via
		deleting bool
		more     []string
	}{
		{ViaAPI, false, []string{eviction, "nodes delete"}},
		{ViaGcloud, false, []string{eviction, "nodes delete"}},
		{ViaExec, false, []string{eviction, "nodes delete"}},
		{ViaAPI, true, []string{"nodes delete", "pods delete"}},
		{ViaKarpenter, false, []string{eviction, "karpenter.sh/nodeclaims get", "karpenter.sh/nodeclaims list", "karpenter.sh/nodeclaims delete"}},
		{ViaClusterAPI, false, []string{eviction, "cluster.x-k8s.io/machines get", "cluster.x-k8s.io/machines list", "cluster.x-k8s.io/machines delete"}},
	} {
		c := sample()
		c.Via, c.DisableEviction = test.via, test.deleting
		d := decode(t, printed(t, c))
		want := slices.Sorted(slices.Values(slices.Concat(common, test.more)))
		if got := rightsOf(d.cluster.Rules); !slices.Equal(got, want) {
			t.Errorf("%s, deleting %v:\n%q\nwant\n%q", test.via, test.deleting, got, want)
		}
		if got, want := rightsOf(d.role.Rules), []string{"coordination.k8s.io/leases create", "coordination.k8s.io/leases get", "coordination.k8s.io/leases update"}; !slices.Equal(got, want) {
			t.Errorf("%s: where the lease is: %q, want %q", test.via, got, want)
		}
		for _, rule := range d.role.Rules {
			if rule.Verbs[0] != "create" && !slices.Equal(rule.ResourceNames, []string{c.LeaseName}) {
				t.Errorf("%s: rights on other leases: %v", test.via, rule)
			}
		}
	}
}

// TestJobIsRestricted: what the Pod Security Standard "restricted" demands, and that a
// run has time.
func TestJobIsRestricted(t *testing.T) {
	t.Parallel()
	for name, c := range configs() {
		spec := decode(t, printed(t, c)).job.Spec
		job := spec.JobTemplate.Spec
		pod := job.Template.Spec
		in := pod.Containers[0].SecurityContext
		switch {
		case !*pod.SecurityContext.RunAsNonRoot || *pod.SecurityContext.RunAsUser == 0,
			pod.SecurityContext.SeccompProfile.Type != "RuntimeDefault",
			*in.AllowPrivilegeEscalation, !*in.ReadOnlyRootFilesystem, !slices.Equal(in.Capabilities.Drop, []corev1.Capability{"ALL"}), len(in.Capabilities.Add) > 0:
			t.Errorf("%s: not restricted: %+v, %+v", name, pod.SecurityContext, in)
		case len(pod.Tolerations) > 0:
			t.Errorf("%s: it tolerates the taints of the pool: %v", name, pod.Tolerations)
		case spec.ConcurrencyPolicy != "Forbid" || pod.RestartPolicy != "Never" || *job.BackoffLimit != 0:
			t.Errorf("%s: it may run twice: %v, %v, %d", name, spec.ConcurrencyPolicy, pod.RestartPolicy, *job.BackoffLimit)
		case time.Duration(*job.ActiveDeadlineSeconds)*time.Second != c.Every+c.Slack:
			t.Errorf("%s: it has %d seconds", name, *job.ActiveDeadlineSeconds)
		case time.Duration(*spec.StartingDeadlineSeconds)*time.Second != c.Every:
			t.Errorf("%s: it may begin %d seconds late", name, *spec.StartingDeadlineSeconds)
		}
		var avoided []string
		if pod.Affinity != nil {
			for _, e := range pod.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms[0].MatchExpressions {
				if e.Operator == corev1.NodeSelectorOpNotIn && slices.Equal(e.Values, []string{c.Pool}) {
					avoided = append(avoided, e.Key)
				}
			}
		}
		if !slices.Equal(avoided, c.PoolLabels) {
			t.Errorf("%s: avoided are nodes by %q, want %q", name, avoided, c.PoolLabels)
		}
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	objects, err := Objects(sample())
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := WriteJSON(&b, objects); err != nil {
		t.Fatal(err)
	}
	var list struct {
		APIVersion, Kind string
		Items            []struct{ Kind string }
	}
	if err := json.Unmarshal(b.Bytes(), &list); err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, item := range list.Items {
		kinds = append(kinds, item.Kind)
	}
	if got := strings.Join(kinds, " "); list.Kind != "List" || list.APIVersion != "v1" || got != "ServiceAccount ClusterRole ClusterRoleBinding Role RoleBinding CronJob" {
		t.Errorf("%s %s of %s", list.APIVersion, list.Kind, got)
	}
	if strings.Contains(b.String(), "null") || strings.Contains(b.String(), "status") {
		t.Errorf("it says what nobody has set:\n%s", b.String())
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestWriteFails(t *testing.T) {
	t.Parallel()
	objects, err := Objects(sample())
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{WriteYAML(full{}, nil, objects), WriteJSON(full{}, objects)} {
		if err == nil || !strings.Contains(err.Error(), "disk full") {
			t.Error(err)
		}
	}
}
