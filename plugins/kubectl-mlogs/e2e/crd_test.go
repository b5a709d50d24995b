//go:build e2e

package e2e

import (
	"fmt"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubechores/kubechores/pkg/kubetest/realcluster"
)

// crdYAML is a kind of its own for each run: definitions are not namespaced.
const crdYAML = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: rockets.%[1]s}
spec:
  group: %[1]s
  scope: Namespaced
  names: {plural: rockets, singular: rocket, kind: Rocket, shortNames: [rkt]}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
`

// A custom resource that owns a pod, and another one through a Deployment.
func TestCustomResource(t *testing.T) {
	ns := realcluster.New(t)
	group := ns.Name + ".kubechores.local"
	ns.Apply(fmt.Sprintf(crdYAML, group))
	t.Cleanup(func() { ns.Kubectl("delete", "crd", "rockets."+group, "--wait=false") })
	ns.Kubectl("wait", "--for=condition=Established", "crd/rockets."+group, "--timeout=30s")
	ns.Apply(fmt.Sprintf("apiVersion: %s/v1\nkind: Rocket\nmetadata: {name: ariane}\n", group))
	uid := ns.Kubectl("get", "-n", ns.Name, "rockets."+group, "ariane", "-o", "jsonpath={.metadata.uid}")
	owner := []metav1.OwnerReference{{APIVersion: group + "/v1", Kind: "Rocket", Name: "ariane", UID: types.UID(uid)}}
	writer := realcluster.Writer("app", "-lines=3", "-after=1h")
	pod, deploy := realcluster.Pod("booster", writer), deployment("stage", 1, writer)
	pod.OwnerReferences, deploy.OwnerReferences = owner, owner
	ns.Apply(pod, deploy, realcluster.Pod("stranger", writer))
	pods := ns.Running("", 3)
	var want []string
	for _, p := range pods {
		if p.Name != "stranger" {
			want = append(want, p.Name)
		}
	}
	for _, query := range []string{"rocket/ariane", "rkt/ariane", "rockets." + group + "/ariane", "Rocket.v1." + group + "/ariane"} {
		ns.Until(query, settleTime, func() error {
			run := ns.Start("mlogs", query, "--no-follow")
			if code := run.Wait(); code != 0 {
				t.Fatalf("%s: exit code %d", query, code)
			}
			return samePods(readPrinted(t, run.StdoutFile()), want)
		})
	}
	run := ns.Start("mlogs", "rocket/soyuz", "--no-follow")
	if code := run.Wait(); code != 1 || !strings.Contains(run.Stderr(), `"soyuz" not found`) {
		t.Errorf("exit code %d for an object that does not exist: %s", code, run.Stderr())
	}
}
