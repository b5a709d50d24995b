package main

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubechores/kubechores/scripts/demo/world"
)

const (
	// ownImage is on every node of the test cluster; it holds busybox, too.
	ownImage = "kubechores.local/logwriter:dev"
	// publicImage is what any other cluster can pull.
	publicImage = "busybox:1.37"

	ownLabel = "app.kubernetes.io/managed-by"
	ownValue = "kubechores-demo"

	webPods = 3
	allPods = webPods + 1
)

// A shell as process 1 gets only the signals that it has a trap for.
const (
	webScript = `trap 'echo "web is shutting down"; exit 0' TERM
mkdir -p /var/log/web
echo "web is listening on :8080"
i=0
while :; do
  i=$((i + 1))
  if [ $((i % 7)) = 0 ]; then echo "ERROR upstream timed out, request $i"; else echo "GET /products/$((i % 50)) 200"; fi
  if [ $((i % 2)) = 0 ]; then echo "$(date -u +%Y-%m-%dT%H:%M:%SZ) user=u$((i % 5)) action=refund order=$((7000 + i))" >>` + world.AuditLog + `; fi
  sleep 0.5
done`
	workerScript = `trap 'echo "FATAL out of file handles, giving up" >&2; exit 2' TERM
echo "worker started"
i=0
while :; do
  i=$((i + 1))
  echo "sent mail task=$i"
  sleep 0.5
done`
)

func namespaces() schema.GroupVersionResource {
	return schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}
}

func deployments() schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}
}

type object = map[string]any

func newNamespace() *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: object{
		"apiVersion": "v1", "kind": "Namespace",
		"metadata": object{"name": demoNamespace, "labels": object{ownLabel: ownValue}},
	}}
}

func workloads(image string) []*unstructured.Unstructured {
	return []*unstructured.Unstructured{
		deployment("web", webPods, image, webScript),
		deployment("worker", 1, image, workerScript),
	}
}

func deployment(name string, replicas int64, image, script string) *unstructured.Unstructured {
	labels := object{"app": name}
	return &unstructured.Unstructured{Object: object{
		"apiVersion": "apps/v1", "kind": "Deployment",
		"metadata": object{"name": name, "namespace": demoNamespace, "labels": labels},
		"spec": object{
			"replicas": replicas,
			"selector": object{"matchLabels": labels},
			"template": object{
				"metadata": object{"labels": labels},
				"spec": object{
					"terminationGracePeriodSeconds": int64(5),
					"containers": []any{object{
						"name": name, "image": image, "imagePullPolicy": "IfNotPresent",
						"command": []any{"sh", "-c", script},
					}},
				},
			},
		},
	}}
}
