package kubetest

import (
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func names(pods *corev1.PodList) string {
	var out []string
	for _, p := range pods.Items {
		out = append(out, p.Name)
	}
	return strings.Join(out, " ")
}

func TestPagesAreOfOneState(t *testing.T) {
	s := Start(t)
	for i := range 5 {
		s.Must(s.Create(Pod("shop", fmt.Sprintf("p-%d", i))))
	}
	pods := client(t, s).CoreV1().Pods("shop")
	first, err := pods.List(within(t), metav1.ListOptions{Limit: 2})
	s.Must(err)
	if names(first) != "p-0 p-1" || *first.RemainingItemCount != 3 {
		t.Errorf("first page: %s, %d remain", names(first), *first.RemainingItemCount)
	}
	s.Must(s.DeletePod("shop", "p-2"))
	s.Must(s.Create(Pod("shop", "p-9")))
	second, err := pods.List(within(t), metav1.ListOptions{Limit: 3, Continue: first.Continue})
	s.Must(err)
	if names(second) != "p-2 p-3 p-4" || second.Continue != "" || second.ResourceVersion != first.ResourceVersion {
		t.Errorf("second page: %s, continue %q", names(second), second.Continue)
	}
	s.ExpireWatches()
	_, err = pods.List(within(t), metav1.ListOptions{Limit: 2, Continue: first.Continue})
	if !apierrors.IsResourceExpired(err) {
		t.Fatalf("an expired token: %v", err)
	}
	rest := err.(apierrors.APIStatus).Status().Continue
	last, err := pods.List(within(t), metav1.ListOptions{Continue: rest})
	if err != nil || names(last) != "p-3 p-4 p-9" {
		t.Errorf("the inconsistent rest: %s, %v", names(last), err)
	}
}

func TestSelectors(t *testing.T) {
	s := Start(t)
	s.Must(s.Create(
		Pod("shop", "a", WithLabels("app", "web"), OnNode("n1")),
		Pod("shop", "b", WithLabels("app", "db"), OnNode("n2")),
		Pod("other", "c", WithLabels("app", "web"), WithWaiting("ContainerCreating"))))
	for _, tc := range []struct{ namespace, labels, fields, want string }{
		{"", "", "", "c a b"},
		{"shop", "", "", "a b"},
		{"", "app=web", "", "c a"},
		{"", "app in (db,cache)", "", "b"},
		{"", "", "spec.nodeName=n2", "b"},
		{"", "", "status.phase!=Running", "c"},
		{"shop", "", "metadata.name=a,metadata.namespace=shop", "a"},
	} {
		got, err := client(t, s).CoreV1().Pods(tc.namespace).List(within(t), metav1.ListOptions{LabelSelector: tc.labels, FieldSelector: tc.fields})
		if err != nil || names(got) != tc.want {
			t.Errorf("%+v: %s, %v", tc, names(got), err)
		}
	}
	_, err := client(t, s).CoreV1().Pods("").List(within(t), metav1.ListOptions{FieldSelector: "spec.foo=x"})
	if !apierrors.IsBadRequest(err) || err.Error() != "field label not supported: spec.foo" {
		t.Errorf("an unknown field: %v", err)
	}
}

func TestFutureVersionsAreRefused(t *testing.T) {
	s := Start(t)
	// Without retries: the answer carries Retry-After, as the real one.
	err := client(t, s).CoreV1().RESTClient().Get().AbsPath("/api/v1/pods").Param("resourceVersion", "100000").MaxRetries(0).Do(within(t)).Error()
	if !apierrors.IsTimeout(err) || !apierrors.HasStatusCause(err, metav1.CauseTypeResourceVersionTooLarge) {
		t.Errorf("got %v", err)
	}
}

// TestManyObjects pages through more than fits one page of any client.
func TestManyObjects(t *testing.T) {
	s := Start(t)
	for i := range 2000 {
		s.Must(s.Create(configMap(fmt.Sprintf("c-%04d", i), nil)))
	}
	seen, opts := 0, metav1.ListOptions{Limit: 300}
	for {
		page, err := client(t, s).CoreV1().ConfigMaps("").List(within(t), opts)
		s.Must(err)
		seen += len(page.Items)
		if opts.Continue = page.Continue; opts.Continue == "" {
			break
		}
	}
	if seen != 2000 {
		t.Errorf("saw %d", seen)
	}
}
