package manifest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
)

func parse(text string) *Set {
	s := &Set{}
	s.Parse("f.yaml", []byte(text))
	return s
}

// preempted is a workload of the recipe of 2018: redundant, and with the toleration.
const preempted = `# Pods of this one may die.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: hoge
  namespace: shop
  labels: {tier: front}
spec:
  replicas: 3
  selector: {matchLabels: {app: hoge}}
  template:
    metadata:
      labels: {app: hoge}
    spec:
      terminationGracePeriodSeconds: 60
      priorityClassName: high
      nodeSelector: {disk: ssd}
      affinity:
        nodeAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
            nodeSelectorTerms: [{matchExpressions: [{key: zone, operator: In, values: [a]}]}]
      tolerations:
      - key: gke-preemptible
        operator: Equal
        value: "true"
        effect: NoSchedule
      containers:
      - name: hoge
        image: hoge:1
        lifecycle: {preStop: {sleep: {seconds: 20}}}
`

func TestDeployment(t *testing.T) {
	s := parse("---\n" + preempted)
	if len(s.Workloads) != 1 || len(s.Problems) != 0 || s.Documents != 1 {
		t.Fatalf("%+v", s)
	}
	w := s.Workloads[0]
	if w.Line != 3 || w.File != "f.yaml" {
		t.Errorf("%s:%d, want line 3: the first of the object", w.File, w.Line)
	}
	if got := fmt.Sprint(w.APIVersion, " ", w.Kind, " ", w.Namespace, "/", w.Name, " ", w.Desired); got != "apps/v1 Deployment shop/hoge 3" {
		t.Error(got)
	}
	if w.Grace != time.Minute || w.PreStop != 20*time.Second || w.PriorityClass != "high" || w.Labels["app"] != "hoge" || w.NodeSelector["disk"] != "ssd" {
		t.Errorf("%+v", w)
	}
	want := corev1.Toleration{Key: "gke-preemptible", Operator: "Equal", Value: "true", Effect: "NoSchedule"}
	if len(w.Tolerations) != 1 || w.Tolerations[0] != want {
		t.Errorf("tolerations %+v", w.Tolerations)
	}
	if w.Affinity == nil || w.Affinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms[0].MatchExpressions[0].Key != "zone" {
		t.Errorf("affinity %+v", w.Affinity)
	}
}

// TestKinds: where the template is, and how many pods there are to be.
func TestKinds(t *testing.T) {
	const template = `{"metadata": {"labels": {"app": "x"}}, "spec": {"terminationGracePeriodSeconds": 7}}`
	for text, desired := range map[string]int{
		`{"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"template": TEMPLATE}}`:                          1,
		`{"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"replicas": 0, "template": TEMPLATE}}`:           0,
		`{"apiVersion": "apps/v1", "kind": "StatefulSet", "spec": {"replicas": 2, "template": TEMPLATE}}`:          2,
		`{"apiVersion": "apps/v1", "kind": "ReplicaSet", "spec": {"replicas": 4, "template": TEMPLATE}}`:           4,
		`{"apiVersion": "v1", "kind": "ReplicationController", "spec": {"template": TEMPLATE}}`:                    1,
		`{"apiVersion": "apps/v1", "kind": "DaemonSet", "spec": {"template": TEMPLATE}}`:                           -1,
		`{"apiVersion": "batch/v1", "kind": "Job", "spec": {"template": TEMPLATE}}`:                                -1,
		`{"apiVersion": "batch/v1", "kind": "CronJob", "spec": {"jobTemplate": {"spec": {"template": TEMPLATE}}}}`: -1,
		`{"apiVersion": "v1", "kind": "Pod", ` + template[1:]:                                                      1,
	} {
		s := parse(strings.ReplaceAll(text, "TEMPLATE", template))
		if len(s.Workloads) != 1 {
			t.Errorf("%s: %+v", text, s)
			continue
		}
		if w := s.Workloads[0]; w.Desired != desired || w.Grace != 7*time.Second || w.Labels["app"] != "x" {
			t.Errorf("%s: %+v, want %d pods", text, w, desired)
		}
	}
}

// TestIgnored: what is none of our business says nothing.
func TestIgnored(t *testing.T) {
	for _, text := range []string{
		"", "\n# only a comment\n", "---\n---\n", "--- # nothing\n",
		"apiVersion: v1\nkind: Service\nmetadata: {name: x}\n",
		"apiVersion: serving.knative.dev/v1\nkind: Deployment\nspec: [1]\n", // of another group
		"apiVersion: example.com/v1\nkind: AllowList\nitems: {a: b}\n",
		"kind: Kustomization\n",
	} {
		if s := parse(text); len(s.Workloads)+len(s.Budgets)+len(s.Problems) != 0 {
			t.Errorf("%q: %+v", text, s)
		}
	}
}

func TestBudget(t *testing.T) {
	s := parse("apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: b, namespace: shop}\nspec: {minAvailable: 50%, selector: {matchLabels: {app: x}}}\n")
	if len(s.Budgets) != 1 {
		t.Fatalf("%+v", s)
	}
	if b := s.Budgets[0]; b.Name != "b" || b.Namespace != "shop" || b.MinAvailable.String() != "50%" || b.MaxUnavailable != nil || b.Selector.String() != "app=x" || b.Line != 1 {
		t.Errorf("%+v", b)
	}
}

// TestTolerations: what the API would not take, and why.
func TestTolerations(t *testing.T) {
	for text, want := range map[string]struct{ reason, fix string }{
		`{key: k, value: "true"}`:                            {},
		`{key: k, operator: Exists}`:                         {},
		`{operator: Exists}`:                                 {},
		`{key: k, operator: Exists, value: ""}`:              {},
		`{key: k, operator: Gt, value: "3"}`:                 {},
		`{key: k, value: null}`:                              {},
		`{key: k, value: v, effect: PreferNoSchedule}`:       {},
		`{key: k, value: true}`:                              {"true without quotes", `value: "true"`},
		`{key: k, value: yes}`:                               {"true without quotes", `value: "true"`}, // YAML 1.1, which kubectl reads
		`{key: k, value: 1}`:                                 {"1 without quotes", `value: "1"`},
		`{key: k, value: 1.5}`:                               {"1.5 without quotes", `value: "1.5"`},
		`{key: k, effect: noSchedule}`:                       {`no effect "noSchedule"`, "Write NoSchedule."},
		`{key: k, effect: No-Execute}`:                       {`no effect "No-Execute"`, "Write NoExecute."},
		`{key: k, effect: Never}`:                            {`no effect "Never"`, "NoSchedule, PreferNoSchedule, NoExecute"},
		`{key: k, operator: exists}`:                         {`no operator "exists"`, "Write Exists."},
		`{key: k, operator: Exists, value: "true"}`:          {"Exists takes no value", "Leave the value out"},
		`{value: "true"}`:                                    {"Without a key", "Give the key"},
		`{key: k, effect: NoSchedule, tolerationSeconds: 3}`: {"NoExecute only", "Leave tolerationSeconds out"},
	} {
		s := parse("apiVersion: v1\nkind: Pod\nspec:\n  tolerations:\n  - " + text)
		if len(s.Workloads) != 1 {
			t.Errorf("%s: %+v", text, s)
			continue
		}
		w := s.Workloads[0]
		if want.reason == "" {
			if len(w.Refused) != 0 || len(w.Tolerations) != 1 {
				t.Errorf("%s: refused %+v", text, w.Refused)
			}
			continue
		}
		if len(w.Refused) != 1 || len(w.Tolerations) != 0 || !strings.Contains(w.Refused[0].Reason, want.reason) || !strings.Contains(w.Refused[0].Fix, want.fix) {
			t.Errorf("%s: %+v, want %+v", text, w.Refused, want)
		}
	}
}

// TestProblems: a document that cannot be read is told with its line, and the others
// are read.
func TestProblems(t *testing.T) {
	behind := strings.Count(preempted, "\n") + 2
	for name, tc := range map[string]struct {
		text string
		line int
		what string
	}{
		"no YAML":          {"a: b\n---\nfoo: [\nbar\n---\n" + preempted, 4, "This is no YAML"},
		"replicas as text": {preempted + "---\napiVersion: apps/v1\nkind: Deployment\nspec: {replicas: \"3\"}\n", behind, "would not take this Deployment"},
		"a bad selector":   {preempted + "---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nspec: {selector: {matchLabels: {\"a b\": c}}}\n", behind, "would not take this PodDisruptionBudget"},
	} {
		t.Run(name, func(t *testing.T) {
			s := parse(tc.text)
			if len(s.Workloads) != 1 || s.Workloads[0].Name != "hoge" {
				t.Errorf("the other document is not read: %+v", s.Workloads)
			}
			if len(s.Problems) != 1 {
				t.Fatalf("%d problems: %+v", len(s.Problems), s.Problems)
			}
			if p := s.Problems[0]; p.Line != tc.line || !strings.Contains(p.What, tc.what) || len(p.Text) > 1000 {
				t.Errorf("line %d, want %d: %+v", p.Line, tc.line, p)
			}
		})
	}
}

// TestLists: workloads in Lists have their own lines, and those of typed Lists are read.
func TestLists(t *testing.T) {
	s := parse("apiVersion: v1\nkind: PodList\nitems:\n- metadata: {name: a}\n- metadata: {name: b}\n---\n{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {\"generateName\": \"c-\"}}")
	var got []string
	for _, w := range s.Workloads {
		got = append(got, fmt.Sprintf("%s %s:%d", w.Kind, w.Name, w.Line))
	}
	if strings.Join(got, ", ") != "Pod a:4, Pod b:5, Pod c-:7" || s.Documents != 2 {
		t.Errorf("%v, %+v", got, s)
	}
}

func TestLoad(t *testing.T) {
	s, err := Load([]string{"-"}, false, strings.NewReader(preempted+"---\na: [\n"))
	if err != nil || len(s.Workloads) != 1 || s.Workloads[0].File != "stdin" || len(s.Problems) != 1 || s.Documents != 2 {
		t.Errorf("%+v, %v", s, err)
	}
	if _, err := Load([]string{"-", "-"}, false, strings.NewReader("")); err == nil || !strings.Contains(err.Error(), "can be read only once") {
		t.Error(err)
	}
}

// FuzzParse: whatever the objects, nothing panics, what is read can be told as JSON,
// and a document that is put behind is read as well.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{preempted, "{\"kind\":\"List\",\"items\":[null,1,{}]}", "apiVersion: policy/v1\nkind: PodDisruptionBudget\nspec: {minAvailable: 1.5}", "apiVersion: v1\nkind: Pod\nspec: {tolerations: [{key: a, value: .5}]}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s := parse(text)
		for _, w := range s.Workloads {
			if _, err := json.Marshal(w); err != nil {
				t.Error(err)
			}
		}
		if all := parse(text + "\n---\n" + preempted); len(all.Workloads) != len(s.Workloads)+1 {
			t.Errorf("a document behind is not read: %+v", all.Problems)
		}
	})
}

// TestOldGroup: Deployments of 2018 are Deployments, and those of other programs are not.
func TestOldGroup(t *testing.T) {
	for version, want := range map[string]int{"extensions/v1beta1": 1, "apps/v1beta2": 1, "apps.example.com/v1": 0} {
		s := parse(strings.Replace(preempted, "apps/v1", version, 1))
		if len(s.Workloads) != want || s.Documents != 1 || len(s.Problems) != 0 {
			t.Errorf("%s: %d workloads of %d documents, problems %v; want %d workloads", version, len(s.Workloads), s.Documents, s.Problems, want)
		}
	}
}
