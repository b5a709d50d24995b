//go:build e2e

package e2e

import (
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubechores/kubechores/pkg/kubetest/realcluster"
)

func statefulSet(name string, replicas int32, containers ...corev1.Container) *appsv1.StatefulSet {
	return &appsv1.StatefulSet{
		TypeMeta:   metav1.TypeMeta{APIVersion: "apps/v1", Kind: "StatefulSet"},
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: appsv1.StatefulSetSpec{
			Replicas: &replicas, Selector: realcluster.Selector(name), ServiceName: name,
			PodManagementPolicy: appsv1.ParallelPodManagement,
			Template:            realcluster.Template(name, corev1.RestartPolicyAlways, containers...),
		},
	}
}

// A StatefulSet makes a deleted pod anew under the same name: old and new pod
// are both complete, and not taken for one another.
func TestPodRecreatedUnderItsName(t *testing.T) {
	ns := realcluster.New(t)
	files := ns.KeepLogFiles()
	ns.Apply(statefulSet("db", 2, realcluster.Writer("app", "-rate=200")))
	ns.Running("app=db", 2)
	run := ns.Start("mlogs", "sts/db")
	run.Prints("db-0 app ")
	for _, how := range [][]string{{"--wait"}, {"--now"}, {"--force"}} {
		ns.Kubectl(append([]string{"delete", "pod", "-n", ns.Name, "db-0"}, how...)...)
		ns.Running("app=db", 2)
	}
	ns.Kubectl("scale", "-n", ns.Name, "sts/db", "--replicas=0")
	ns.Gone("app=db")
	if n := expectComplete(t, run, files); n != 5 {
		t.Errorf("%d instances, want 4 of db-0 and 1 of db-1", n)
	}
	run.Stop()
	// Of a pod that was deleted by force nobody can tell whether it had more to say.
	expectQuiet(t, run, "the pod was deleted before its log was read to the end")
}
