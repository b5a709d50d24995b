package kubetest

import (
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestDeploymentRollsOut(t *testing.T) {
	s := Start(t)
	d := s.Deployment("shop", "web", 3, WithContainers("app", "side"))
	before := d.Pods()
	first, err := s.GetPod("shop", before[0])
	s.Must(err)
	rs := first.OwnerReferences[0]
	if rs.Kind != "ReplicaSet" || !*rs.Controller || first.Labels["pod-template-hash"] == "" || len(first.Spec.Containers) != 2 {
		t.Errorf("pod %+v", first.ObjectMeta)
	}
	owner, err := client(t, s).AppsV1().ReplicaSets("shop").Get(within(t), rs.Name, metav1.GetOptions{})
	if err != nil || owner.UID != rs.UID || owner.OwnerReferences[0].Name != "web" {
		t.Errorf("replica set %+v, %v", owner, err)
	}
	steps := 0
	d.Rollout(func(old, fresh string) {
		if !slices.Contains(before, old) || slices.Contains(before, fresh) {
			t.Errorf("replaced %s by %s", old, fresh)
		}
		steps++
	})
	list, err := client(t, s).CoreV1().Pods("shop").List(within(t), metav1.ListOptions{LabelSelector: "app=web"})
	if err != nil || len(list.Items) != 3 || steps != 3 {
		t.Errorf("%d pods after %d steps, %v", len(list.Items), steps, err)
	}
	if got := list.Items[0].Labels["pod-template-hash"]; got == first.Labels["pod-template-hash"] {
		t.Errorf("the hash is still %s", got)
	}
	d.Scale(1)
	if len(d.Pods()) != 1 || len(d.Containers("side")) != 1 {
		t.Errorf("scaled to %v", d.Pods())
	}
}

func TestSetsAndJobs(t *testing.T) {
	s := Start(t)
	db := s.StatefulSet("shop", "db", 2)
	first, err := s.GetPod("shop", "db-1")
	s.Must(err)
	db.Recreate(1)
	second, err := s.GetPod("shop", "db-1")
	if err != nil || first.UID == second.UID || first.Status.ContainerStatuses[0].ContainerID == second.Status.ContainerStatuses[0].ContainerID {
		t.Errorf("recreated %+v, %v", second.ObjectMeta, err)
	}
	if pods := s.DaemonSet("shop", "agent", []string{"n1", "n2"}); len(pods) != 2 {
		t.Errorf("daemons %v", pods)
	}
	job, pod := s.CronJob("shop", "nightly", "0 3 * * *").Run()
	s.Container("shop", pod, "app").Terminate(0)
	s.FinishJob("shop", job, false)
	done, err := s.GetPod("shop", pod)
	if err != nil || done.Status.Phase != corev1.PodSucceeded {
		t.Errorf("the pod is %s, %v", done.Status.Phase, err)
	}
	got, err := client(t, s).BatchV1().Jobs("shop").Get(within(t), job, metav1.GetOptions{})
	if err != nil || got.Status.Succeeded != 1 || got.OwnerReferences[0].Kind != "CronJob" || done.OwnerReferences[0].UID != got.UID {
		t.Errorf("the job is %+v, %v", got, err)
	}
}
