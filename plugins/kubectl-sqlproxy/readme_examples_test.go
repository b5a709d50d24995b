package main

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/kubetest"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/diagnose"
)

// examples are the parts of the README that show commands which need no cluster, and
// golden files of those that do.
func examples(t *testing.T) map[string]string {
	t.Helper()
	file := func(path string) string {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	const (
		account  = " --workload-identity sql-proxy@shop-prod.iam.gserviceaccount.com"
		generate = "generate --instance shop-prod:europe-west1:orders=postgres" + account + " -n shop"
		noEngine = "generate --instance shop-prod:europe-west1:orders" + account
		old      = "generate --engine v1 --proxy-version 1.11 --single-service --instance sample-165109:asia-northeast1:sample=mysql --credentials-secret cloudsql-instance-credentials/credentials.json"
	)
	objects, _ := said(t, generate)
	head, _, _ := strings.Cut(objects, "---\n")
	_, refused := said(t, noEngine)
	_, lacks := said(t, old)
	v2, differs := said(t, "convert -f testdata/sql-proxy.yaml")
	_, shared := said(t, "convert -f testdata/convert/sidecars.yaml")
	fromV1 := regexp.MustCompile(`(?m)(^sqlproxy: deployment/web: (info|warning): .*\n)+`) // which are shown already
	changes, unscheduled, gone := clusterExamples(t)
	return map[string]string{
		"example of apply":          changes,
		"example of a failure":      unscheduled,
		"example of delete":         gone,
		"example":                   console("check sql-proxy -f sql-proxy.yaml", judged(t, "sql-proxy.yaml", file("testdata/sql-proxy.yaml"))),
		"example of generate":       console(generate, head+"---\n…\n"),
		"example of a refusal":      console(noEngine, refused),
		"example of an old version": console(old+" > v1.yaml", lacks),
		"example of check":          console("check sql-proxy -n shop", file("diagnose/testdata/not-authorized.tree")),
		"example of status":         console("status sql-proxy -n shop --metrics", file("testdata/status-metrics.golden")),
		"example of convert":        console("convert -f sql-proxy.yaml > sql-proxy-v2.yaml", differs),
		"example of the converted":  console("check sql-proxy -f sql-proxy-v2.yaml", judged(t, "sql-proxy-v2.yaml", v2)),
		"example of sidecars":       console("convert -f sidecars.yaml > shared.yaml", fromV1.ReplaceAllString(shared, "…\n")),
	}
}

// clusterExamples are what apply and delete say on a cluster: of changes, of a rollout on
// a cluster of one node, and of the end.
func clusterExamples(t *testing.T) (changes, unscheduled, gone string) {
	t.Helper()
	w := newInstallWorld(t)
	w.applied(one()...)
	line := strings.Join(one("--instance", "shop:europe-west1:stock=mysql", "--replicas", "3", "--max-connections", "100", "-n", "shop", "--dry-run=server"), " ")
	out, talk, err := w.run(strings.Fields(line)...)
	if err != nil {
		t.Fatal(err)
	}
	changes = console(line, out+talk)
	if out, talk, err = w.run("delete", "-n", "shop", "--yes"); err != nil {
		t.Fatalf("%v\n%s", err, talk)
	}
	gone = console("delete -n shop --yes", out+"…\n")

	w = newInstallWorld(t)
	w.plays(deadline)
	owner := kubetest.WithOwner("apps/v1", "ReplicaSet", "sql-proxy-1", "uid-1")
	w.Must(w.Create(podOf("sql-proxy-1-a", owner), podOf("sql-proxy-1-b", kubetest.OnNode(""), owner)))
	w.Must(w.EditPod("shop", "sql-proxy-1-b", func(p *corev1.Pod) {
		p.CreationTimestamp = metav1.NewTime(time.Now().Add(-5 * time.Minute)) // as the deadline has passed
		p.Status.Phase, p.Status.ContainerStatuses = corev1.PodPending, nil
		p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: corev1.PodReasonUnschedulable,
			Message: "0/1 nodes are available: 1 node(s) didn't match pod topology spread constraints."}}
	}))
	line = strings.Join(one("-n", "shop", "--yes"), " ")
	_, talk, err = w.run(strings.Fields(line)...)
	if err == nil {
		t.Fatal("it did not fail")
	}
	verdict := strings.Index(talk, "! deployment/")
	if verdict < 0 {
		t.Fatalf("no explanation:\n%s", talk)
	}
	return changes, console(line, "…\n"+talk[verdict:]+"error: "+err.Error()+"\n"), gone
}

func console(command, output string) string {
	return "```console\n$ kubectl sqlproxy " + command + "\n" + output + "```\n"
}

// said runs a command and returns what it prints and says, and its error as main does.
func said(t *testing.T, line string) (out, talk string) {
	t.Helper()
	var printed, told bytes.Buffer
	cmd := newCommand(genericiooptions.IOStreams{In: strings.NewReader(""), Out: &printed, ErrOut: &told})
	cmd.SetArgs(strings.Fields(line))
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	if err := cmd.ExecuteContext(t.Context()); err != nil {
		fmt.Fprintf(&told, "error: %v\n", err)
	}
	return printed.String(), told.String()
}

// judged is what check says of a file.
func judged(t *testing.T, name, text string) string {
	t.Helper()
	s, err := readFiles(t.Context(), strings.NewReader(text), []string{"-"}, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	// Images get old as time goes by.
	report, err := diagnose.Check(s, diagnose.Options{Now: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := report.Print(&b, finding.Options{Format: finding.Tree}); err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(b.String(), "(stdin:", "("+name+":")
}
