package main

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"sigs.k8s.io/yaml"
)

// runCronjob runs the command on arguments.
func runCronjob(t *testing.T, args ...string) (out, talk string, err error) {
	t.Helper()
	streams, _, stdout, stderr := genericiooptions.NewTestIOStreams()
	cmd := newCronjobCommand(streams)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetOut(&bytes.Buffer{})
	cmd.SetArgs(args)
	err = cmd.ExecuteContext(t.Context())
	return stdout.String(), stderr.String(), err
}

// cronjobOf finds the job in what was printed.
func cronjobOf(t *testing.T, out string) batchv1.CronJob {
	t.Helper()
	documents := strings.Split(out, "---\n")
	var job batchv1.CronJob
	if err := yaml.UnmarshalStrict([]byte(documents[len(documents)-1]), &job); err != nil || job.Kind != "CronJob" {
		t.Fatalf("%s, %v in\n%s", job.Kind, err, out)
	}
	return job
}

func TestCronjob(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		args     []string
		command  []string // what follows the flags of the job itself
		schedule string
		deadline int64
		avoided  string // the first label key
		in, not  []string
	}{
		{"the least", []string{"preempt", "--image", "i"}, []string{"--for=10m", "--via=api"}, "*/10 * * * *",
			(10 + 15 + 15 + 10) * 60, "cloud.google.com/gke-nodepool", []string{"compute.instances.list", "name: stagger-preempt", "namespace: kube-system"}, []string{"karpenter", "- pods/eviction\n  verbs:\n  - delete"}},
		{"flags for nodepool", []string{"preempt", "--image=i", "--every", "2h", "-n", "ops", "--name", "x", "--", "--window", "20m", "--timeout=5m", "--replacement-timeout=10m", "--hours=22:00-06:00", "--time-zone", "UTC"},
			[]string{"--for=120m", "--window", "20m", "--timeout=5m", "--replacement-timeout=10m", "--hours=22:00-06:00", "--time-zone", "UTC", "--via=api"},
			"0 */2 * * *", (120 + 5 + 10 + 10) * 60, "cloud.google.com/gke-nodepool", []string{"namespace: ops", "name: ops:x"}, nil},
		{"Karpenter", []string{"--image=i", "batch", "--", "--via", "karpenter", "--force", "-v", "1"}, []string{"--for=10m", "--via", "karpenter", "--force", "-v", "1"}, "*/10 * * * *",
			3000, "karpenter.sh/nodepool", []string{"- nodeclaims\n"}, []string{"compute.", "gcloud"}},
		{"Cluster API", []string{"--image=i", "batch", "--", "--via=capi", "--disable-eviction"}, []string{"--for=10m", "--via=capi", "--disable-eviction"}, "*/10 * * * *",
			3000, "cluster.x-k8s.io/deployment-name", []string{"- machines\n"}, []string{"pods/eviction"}},
		{"a command", []string{"--image=i", "batch", "--", "--via=exec=remake it"}, []string{"--for=10m", "--via=exec=remake it"}, "*/10 * * * *",
			3000, "cloud.google.com/gke-nodepool", []string{"yandex.cloud/node-group-id"}, []string{"compute."}},
		{"a label and a lease", []string{"--image=i", "batch", "--", "--pool-label=team/pool", "--lease-namespace=locks", "--via=auto"},
			[]string{"--for=10m", "--pool-label=team/pool", "--lease-namespace=locks", "--via=auto", "--via=api"}, "*/10 * * * *",
			3000, "team/pool", []string{"namespace: locks"}, []string{"gke-nodepool"}},
		{"a deletion in the cloud", []string{"--image=i", "batch", "--gsa=a@p.iam.gserviceaccount.com", "--", "--assume-repair"}, []string{"--for=10m", "--assume-repair", "--via=api"}, "*/10 * * * *",
			3000, "cloud.google.com/gke-nodepool", []string{"compute.instances.delete", "iam.gke.io/gcp-service-account: a@p.iam"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			out, talk, err := runCronjob(t, test.args...)
			if err != nil || talk != "" {
				t.Fatalf("%v; %s", err, talk)
			}
			job := cronjobOf(t, out)
			pod := job.Spec.JobTemplate.Spec.Template.Spec
			if got := pod.Containers[0].Args; !slices.Equal(got[4:], test.command) {
				t.Errorf("it runs %q, want %q at the end", got, test.command)
			}
			if job.Spec.Schedule != test.schedule || *job.Spec.JobTemplate.Spec.ActiveDeadlineSeconds != test.deadline {
				t.Errorf("schedule %s, deadline %d", job.Spec.Schedule, *job.Spec.JobTemplate.Spec.ActiveDeadlineSeconds)
			}
			terms := pod.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms
			if got := terms[0].MatchExpressions[0].Key; got != test.avoided {
				t.Errorf("avoided are nodes by %s, want %s", got, test.avoided)
			}
			for _, want := range test.in {
				if !strings.Contains(out, want) {
					t.Errorf("want %q in\n%s", want, out)
				}
			}
			for _, not := range test.not {
				if strings.Contains(out, not) {
					t.Errorf("want no %q in\n%s", not, out)
				}
			}
		})
	}
}

func TestCronjobJSON(t *testing.T) {
	t.Parallel()
	out, talk, err := runCronjob(t, "preempt", "--image=i", "-o", "json")
	if err != nil || !strings.Contains(talk, "compute.instances.list") {
		t.Errorf("%v; %s", err, talk)
	}
	var list struct{ Items []json.RawMessage }
	if err := json.Unmarshal([]byte(out), &list); err != nil || len(list.Items) != 6 {
		t.Errorf("%d objects, %v:\n%s", len(list.Items), err, out)
	}
}

func TestCronjobComplaints(t *testing.T) {
	t.Parallel()
	image := func(args ...string) []string { return append([]string{"preempt", "--image=i"}, args...) }
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"preempt"}, "--image is needed"},
		{[]string{"--image=i"}, "which POOL?"},
		{[]string{"--image=i", "--", "preempt"}, "which POOL?"},
		{[]string{"a", "b", "--image=i"}, "one POOL at a time"},
		{image("--window", "20m"), "unknown flag: --window"},
		{image("--every=7m"), "--every"},
		{image("--gsa=me"), "--gsa"},
		{image("-o", "table"), "yaml or json"},
		{[]string{"A_b", "--image=i"}, "--name"},
		{image("--", "--windw", "20m"), "--windw"},
		{image("--", "--window=x"), "--window"},
		{image("--", "--window=-1m"), "--window"},
		{image("--", "--force", "batch"), `"batch" is no flag`},
		{image("--", "--via=aws"), "--via"},
		{image("--", "--timeout=0"), "--timeout 0"},
		{image("--", "--hours=22:00-06:00"), "--time-zone"},
		{image("--", "--once"), "--once is given by the job itself"},
		{image("--", "--for=5m"), "--for is given"},
		{image("--", "-y"), "--yes is given"},
		{image("--", "-w"), "--watch is not for a job"},
		{image("--", "--dry-run"), "--dry-run is not"},
		{image("--", "--print-script"), "--print-script is not"},
		{image("--", "--context=x"), "--context: the job talks"},
		{image("--", "--kubeconfig=x"), "--kubeconfig: the job talks"},
		{image("--", "--as=x"), "--as: the job talks"},
	} {
		out, _, err := runCronjob(t, test.args...)
		if err == nil || !strings.Contains(err.Error(), test.want) || out != "" {
			t.Errorf("%q: %v, want %q in it; printed %q", test.args, err, test.want, out)
		}
	}
}
