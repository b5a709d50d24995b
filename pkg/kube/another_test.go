package kube

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubechores/kubechores/pkg/kubetest"
)

func TestIsAnother(t *testing.T) {
	srv := kubetest.Start(t)
	cluster, err := NewCluster("", "default", srv.RESTConfig())
	if err != nil {
		t.Fatal(err)
	}
	node := kubetest.Node("n")
	srv.Must(srv.Create(node))
	patch := func(name, body string) error {
		_, err := cluster.Nodes().Patch(t.Context(), name, types.MergePatchType, []byte(body), metav1.PatchOptions{})
		return err
	}
	if err := patch("n", `{"metadata":{"uid":"`+string(node.UID)+`","labels":{"a":"b"}}}`); err != nil {
		t.Errorf("the right UID: %v", err)
	}
	for name, test := range map[string]struct {
		err  error
		want bool
	}{
		"another one":    {patch("n", `{"metadata":{"uid":"u-2"}}`), true},
		"gone":           {patch("m", `{"metadata":{"uid":"u-2"}}`), true},
		"another change": {patch("n", `{"metadata":{"resourceVersion":"1","labels":{"a":"c"}}}`), false},
		"none":           {nil, false},
	} {
		if got := IsAnother(test.err); got != test.want {
			t.Errorf("%s: %v, for %v", name, got, test.err)
		}
	}
}
