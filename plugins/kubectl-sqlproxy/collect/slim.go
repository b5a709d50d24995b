package collect

import (
	"encoding/json"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

// longest is the most bytes that a value of the environment, or an argument, may have to
// be kept of a client: no address of a database is longer.
const longest = 512

// client is what is kept of a workload without a proxy: what shows whether it is a
// client of one. It is a pod, too, which has its containers in its spec itself.
type client struct {
	Metadata metav1.ObjectMeta `json:"metadata"`
	Spec     struct {
		Replicas    *int32                `json:"replicas,omitempty"`
		Selector    *metav1.LabelSelector `json:"selector,omitempty"`
		Template    *clientTemplate       `json:"template,omitempty"`
		JobTemplate *clientJob            `json:"jobTemplate,omitempty"`
		clientPod
	} `json:"spec"`
}

type clientJob struct {
	Spec struct {
		Template clientTemplate `json:"template"`
	} `json:"spec"`
}

type clientTemplate struct {
	Metadata metav1.ObjectMeta `json:"metadata"`
	Spec     clientPod         `json:"spec"`
}

type clientPod struct {
	ServiceAccountName string            `json:"serviceAccountName,omitempty"`
	InitContainers     []clientContainer `json:"initContainers,omitempty"`
	Containers         []clientContainer `json:"containers,omitempty"`
}

type clientContainer struct {
	Name          string                         `json:"name"`
	Image         string                         `json:"image,omitempty"`
	Command       []string                       `json:"command,omitempty"`
	Args          []string                       `json:"args,omitempty"`
	Env           []corev1.EnvVar                `json:"env,omitempty"`
	EnvFrom       []corev1.EnvFromSource         `json:"envFrom,omitempty"`
	RestartPolicy *corev1.ContainerRestartPolicy `json:"restartPolicy,omitempty"`
}

// keepWorkload keeps a workload with a proxy whole, and of others what a client shows.
// What cannot be read is kept for the snapshot to say so.
func keepWorkload(raw json.RawMessage) json.RawMessage {
	var in client
	if json.Unmarshal(raw, &in) != nil {
		return raw
	}
	pods := []*clientPod{&in.Spec.clientPod}
	metas := []*metav1.ObjectMeta{&in.Metadata}
	if t := in.Spec.Template; t != nil {
		pods, metas = append(pods, &t.Spec), append(metas, &t.Metadata)
	}
	if j := in.Spec.JobTemplate; j != nil {
		pods, metas = append(pods, &j.Spec.Template.Spec), append(metas, &j.Spec.Template.Metadata)
	}
	for _, pod := range pods {
		if pod.hasProxy() {
			return raw
		}
	}
	for i := range pods {
		pods[i].trim()
		trimMeta(metas[i])
	}
	kept, err := json.Marshal(in)
	if err != nil {
		return raw
	}
	return kept
}

// keepBare is keepWorkload for pods that no controller has made.
func keepBare(raw json.RawMessage) json.RawMessage {
	var in struct {
		Metadata struct {
			OwnerReferences []metav1.OwnerReference `json:"ownerReferences"`
		} `json:"metadata"`
	}
	if json.Unmarshal(raw, &in) == nil && metav1.GetControllerOf(&metav1.ObjectMeta{OwnerReferences: in.Metadata.OwnerReferences}) != nil {
		return nil
	}
	return keepWorkload(raw)
}

func (p *clientPod) hasProxy() bool {
	for _, containers := range [][]clientContainer{p.InitContainers, p.Containers} {
		for _, c := range containers {
			if _, _, ok := proxy.ParseContainer(proxy.Container{Image: c.Image, Command: c.Command}); ok {
				return true
			}
		}
	}
	return false
}

func (p *clientPod) trim() {
	for _, containers := range [][]clientContainer{p.InitContainers, p.Containers} {
		for i := range containers {
			c := &containers[i]
			c.Command, c.Args = short(c.Command), short(c.Args)
			for j := range c.Env {
				if len(c.Env[j].Value) > longest {
					c.Env[j].Value = ""
				}
			}
		}
	}
}

// short leaves long arguments empty, so that the others keep their places.
func short(texts []string) []string {
	for i, text := range texts {
		if len(text) > longest {
			texts[i] = ""
		}
	}
	return texts
}

// trimMeta keeps the annotations that say what is put into pods.
func trimMeta(meta *metav1.ObjectMeta) {
	meta.ManagedFields = nil
	for name := range meta.Annotations {
		group, _, _ := strings.Cut(name, "/")
		if group != "sidecar.istio.io" && group != "linkerd.io" && !strings.HasSuffix(group, "cloudsql.cloud.google.com") {
			delete(meta.Annotations, name)
		}
	}
}

// keepNode keeps no list of images, which is most of a node.
func keepNode(raw json.RawMessage) json.RawMessage {
	var in struct {
		Metadata metav1.ObjectMeta `json:"metadata"`
		Spec     json.RawMessage   `json:"spec,omitempty"`
		Status   struct {
			Conditions []corev1.NodeCondition `json:"conditions,omitempty"`
		} `json:"status"`
	}
	if json.Unmarshal(raw, &in) != nil {
		return raw
	}
	in.Metadata.ManagedFields = nil
	kept, err := json.Marshal(in)
	if err != nil {
		return raw
	}
	return kept
}

// trim drops what nobody asks for of objects that are kept whole.
func trim(part *snapshot.Snapshot) {
	for _, w := range part.Workloads {
		w.Meta.ManagedFields = nil
		if w.Deployment != nil {
			w.Deployment.ManagedFields = nil
		}
	}
	for _, o := range part.Pods {
		o.Value.ManagedFields = nil
	}
	for _, o := range part.Services {
		o.Value.ManagedFields = nil
	}
	for _, o := range part.Budgets {
		o.Value.ManagedFields = nil
	}
	for _, o := range part.Policies {
		o.Value.ManagedFields = nil
	}
	for _, o := range part.Namespaces {
		o.Value.ManagedFields = nil
	}
}
