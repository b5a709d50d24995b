//go:build e2e

package e2e

import (
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubechores/kubechores/pkg/kubetest/realcluster"
)

func deployment(name string, replicas int32, containers ...corev1.Container) *appsv1.Deployment {
	return &appsv1.Deployment{
		TypeMeta:   metav1.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"},
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: appsv1.DeploymentSpec{
			Replicas: &replicas, Selector: realcluster.Selector(name),
			Template: realcluster.Template(name, corev1.RestartPolicyAlways, containers...),
		},
	}
}

// A rollout replaces every pod while mlogs follows: the old ones are printed to
// their last line, the new ones from their first.
func TestRollout(t *testing.T) {
	ns := realcluster.New(t)
	files := ns.KeepLogFiles()
	ns.Apply(deployment("web", 3, realcluster.Writer("app", "-rate=200", "-size=80")))
	ns.Running("app=web", 3)
	run := ns.Start("mlogs", "deploy/web")
	run.Prints("000000200")
	ns.Kubectl("rollout", "restart", "-n", ns.Name, "deploy/web")
	ns.Kubectl("rollout", "status", "-n", ns.Name, "deploy/web", "--timeout=180s")
	// SIGTERM lets the writers end after a whole line; then the files are final.
	ns.Kubectl("scale", "-n", ns.Name, "deploy/web", "--replicas=0")
	ns.Gone("app=web")
	if n := expectComplete(t, run, files); n != 6 {
		t.Errorf("%d instances, want 3 old and 3 new ones", n)
	}
	if code := run.Stop(); code != 130 {
		t.Errorf("exit code %d after SIGINT, want 130", code)
	}
	expectQuiet(t, run)
}
