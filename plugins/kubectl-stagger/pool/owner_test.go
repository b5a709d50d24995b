package pool

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// made is a pod with one owner.
func made(apiVersion, kind, name string, controller bool, labels map[string]string) *corev1.Pod {
	return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "p", Labels: labels,
		OwnerReferences: []metav1.OwnerReference{{APIVersion: apiVersion, Kind: kind, Name: name, Controller: &controller}}}}
}

func TestOwner(t *testing.T) {
	type labels = map[string]string
	for name, tc := range map[string]struct {
		pod  *corev1.Pod
		want string
	}{
		"Deployment":                   {made("apps/v1", "ReplicaSet", "web-7d4b9", true, labels{"pod-template-hash": "7d4b9"}), "apps/v1 Deployment shop/web"},
		"Deployment with dashes":       {made("apps/v1", "ReplicaSet", "a-b-c-1", true, labels{"pod-template-hash": "1"}), "apps/v1 Deployment shop/a-b-c"},
		"Rollout":                      {made("apps/v1", "ReplicaSet", "web-7d4b9", true, labels{"rollouts-pod-template-hash": "7d4b9"}), "argoproj.io/v1alpha1 Rollout shop/web"},
		"ReplicaSet of its own":        {made("apps/v1", "ReplicaSet", "web-7d4b9", true, nil), "apps/v1 ReplicaSet shop/web-7d4b9"},
		"ReplicaSet with another hash": {made("apps/v1", "ReplicaSet", "web-7d4b9", true, labels{"pod-template-hash": "4b9"}), "apps/v1 ReplicaSet shop/web-7d4b9"},
		"a name that is only the hash": {made("apps/v1", "ReplicaSet", "-1", true, labels{"pod-template-hash": "1"}), "apps/v1 ReplicaSet shop/-1"},
		"StatefulSet with the label":   {made("apps/v1", "StatefulSet", "db-1", true, labels{"pod-template-hash": "1"}), "apps/v1 StatefulSet shop/db-1"},
		"Job of a CronJob":             {made("batch/v1", "Job", "report-29000001", true, nil), "batch/v1 Job shop/report-29000001"},
		"a kind nobody knows":          {made("x.example/v1", "Gadget", "g", true, nil), "x.example/v1 Gadget shop/g"},
		"the node's own":               {made("v1", "Node", "n1", true, nil), ""},
		"an owner that is no control":  {made("apps/v1", "ReplicaSet", "web-1", false, nil), ""},
		"nobody":                       {&corev1.Pod{}, ""},
	} {
		got := ""
		if o, ok := ownerOf(tc.pod); ok {
			got = o.APIVersion + " " + o.String()
		}
		if got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}

func FuzzWithoutHash(f *testing.F) {
	f.Add("web-7d4b9", "7d4b9")
	f.Add("-", "")
	f.Fuzz(func(t *testing.T, set, hash string) {
		name, ok := withoutHash(set, hash)
		if ok && (name == "" || hash == "" || name+"-"+hash != set) {
			t.Errorf("%q without %q is %q", set, hash, name)
		}
		if !ok && hash != "" && strings.HasSuffix(set, "-"+hash) && len(set) > len(hash)+1 {
			t.Errorf("%q has the hash %q", set, hash)
		}
	})
}
