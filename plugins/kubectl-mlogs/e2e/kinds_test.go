//go:build e2e

package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubechores/kubechores/pkg/kubetest/realcluster"
)

// Each TYPE/NAME selects the pods of that object, and no others.
func TestKinds(t *testing.T) {
	ns := realcluster.New(t)
	c := realcluster.Writer("app", "-lines=3", "-after=1h")
	cronJob := &batchv1.CronJob{
		TypeMeta:   metav1.TypeMeta{APIVersion: "batch/v1", Kind: "CronJob"},
		ObjectMeta: metav1.ObjectMeta{Name: "report"},
		Spec:       batchv1.CronJobSpec{Schedule: "0 0 30 2 *", JobTemplate: batchv1.JobTemplateSpec{Spec: job("report", 0, c).Spec}},
	}
	service := &corev1.Service{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Service"},
		ObjectMeta: metav1.ObjectMeta{Name: "front"},
		Spec:       corev1.ServiceSpec{Selector: map[string]string{"app": "web"}, Ports: []corev1.ServicePort{{Port: 80}}},
	}
	ns.Apply(deployment("web", 2, c), deployment("web-2", 1, c), statefulSet("db", 2, c), daemonSet("agent", c),
		job("once", 0, c), cronJob, service, replicationController("old", c), realcluster.Pod("alone", c))
	ns.Kubectl("create", "job", "report-now", "-n", ns.Name, "--from=cronjob/report")
	nodes := len(ns.Nodes())
	pods := ns.Running("", 9+nodes)
	names := func(prefix string, owner string) (list []string) {
		for _, p := range pods {
			if strings.HasPrefix(p.Name, prefix) && (owner == "" || p.OwnerReferences[0].Kind == owner) {
				list = append(list, p.Name)
			}
		}
		slices.Sort(list)
		return list
	}
	web := slices.DeleteFunc(names("web-", "ReplicaSet"), func(s string) bool { return strings.Count(s, "-") == 3 })
	hash := strings.Split(web[0], "-")[1]
	for query, want := range map[string][]string{
		"deploy/web":           web,
		"deployments.apps/web": web,
		"rs/web-" + hash:       web,
		"svc/front":            web,
		"sts/db":               {"db-0", "db-1"},
		"ds/agent":             names("agent-", "DaemonSet"),
		"job/once":             names("once-", "Job"),
		"cronjob/report":       names("report-now-", "Job"),
		"rc/old":               names("old-", "ReplicationController"),
		"pod/alone":            {"alone"},
		"^db-1$":               {"db-1"},
		"-l app in (db,old)":   append([]string{"db-0", "db-1"}, names("old-", "")...),
	} {
		t.Run(query, func(t *testing.T) {
			ns := ns.For(t)
			args := []string{"mlogs", query, "--no-follow"}
			if selector, ok := strings.CutPrefix(query, "-l "); ok {
				args = []string{"mlogs", "-l", selector, "--no-follow"}
			}
			ns.Until("three lines of each pod", settleTime, func() error {
				run := ns.Start(args...)
				if code := run.Wait(); code != 0 {
					t.Fatalf("exit code %d", code)
				}
				return samePods(readPrinted(t, run.StdoutFile()), want)
			})
		})
	}
}

// samePods compares the pods of which three lines were printed with those wanted.
func samePods(p printed, want []string) error {
	var got []string
	for key, lines := range p.lines {
		if len(lines) == 3 {
			got = append(got, key.pod)
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		return fmt.Errorf("pods %v, want %v", got, want)
	}
	return nil
}
