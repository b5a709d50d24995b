package kubetest

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestEvictionAsksTheBudget(t *testing.T) {
	s := Start(t)
	d := s.Deployment("shop", "web", 2)
	pdb := &policyv1.PodDisruptionBudget{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "web"},
		Spec:       policyv1.PodDisruptionBudgetSpec{Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}}},
		Status:     policyv1.PodDisruptionBudgetStatus{DisruptionsAllowed: 1, CurrentHealthy: 2, DesiredHealthy: 1},
	}
	s.Must(s.Create(pdb))
	evict := func(pod string) error {
		return client(t, s).PolicyV1().Evictions("shop").Evict(within(t), &policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: pod}})
	}
	if err := evict(d.Pods()[0]); err != nil {
		t.Fatal(err)
	}
	if _, err := s.GetPod("shop", d.Pods()[0]); !isNotFound(err) {
		t.Errorf("the evicted pod: %v", err)
	}
	s.Must(s.Load(pdb))
	if pdb.Status.DisruptionsAllowed != 0 || len(pdb.Status.DisruptedPods) != 1 {
		t.Errorf("the budget's status is %+v", pdb.Status)
	}
	pdb.Status.CurrentHealthy = 1
	s.Must(s.Update(pdb))
	err := evict(d.Pods()[1])
	if !apierrors.IsTooManyRequests(err) || err.Error() != "Cannot evict pod as it would violate the pod's disruption budget." {
		t.Errorf("got %v", err)
	}
	cause, ok := apierrors.StatusCause(err, policyv1.DisruptionBudgetCause)
	if want := "The disruption budget web needs 1 healthy pods and has 1 currently"; !ok || cause.Message != want {
		t.Errorf("the cause is %q", cause.Message)
	}
	s.Must(s.EditPod("shop", d.Pods()[1], func(p *corev1.Pod) { p.Status.Phase = corev1.PodSucceeded }))
	if err := evict(d.Pods()[1]); err != nil {
		t.Errorf("a pod that is over: %v", err)
	}
}

func TestTwoBudgetsAreAnError(t *testing.T) {
	s, _ := web0(t, WithLabels("a", "b"))
	for _, name := range []string{"one", "two"} {
		s.Must(s.Create(&policyv1.PodDisruptionBudget{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: name},
			Spec: policyv1.PodDisruptionBudgetSpec{Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"a": "b"}}}}))
	}
	err := client(t, s).PolicyV1().Evictions("shop").Evict(within(t), &policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "web-0"}})
	if want := "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."; err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}
