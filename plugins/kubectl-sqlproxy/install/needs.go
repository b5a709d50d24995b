package install

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/keyfile"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/manifest"
)

// needs looks for what has to be there already: the namespace, and the Secrets and the
// service account that pods name and the set does not make. What may not be read is
// Unseen.
func (p *Plan) needs(ctx context.Context, c *kube.Cluster, set *manifest.Set) error {
	if err := p.namespace(ctx, c); err != nil {
		return err
	}
	var wrong []error
	for i := range set.Objects {
		if set.Objects[i].Kind != "Deployment" {
			continue
		}
		var d appsv1.Deployment
		raw, err := json.Marshal(set.Objects[i].Value)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(raw, &d); err != nil {
			return err
		}
		wrong = append(wrong, p.secrets(ctx, c, set, &d.Spec.Template.Spec), p.account(ctx, c, set, d.Spec.Template.Spec.ServiceAccountName))
	}
	return errors.Join(wrong...)
}

func (p *Plan) namespace(ctx context.Context, c *kube.Cluster) error {
	switch found, err := c.Namespaces().Get(ctx, p.Namespace); {
	case apierrors.IsForbidden(err): // many may work in one, and see none
		return nil
	case apierrors.IsNotFound(err):
		return fmt.Errorf("there is no namespace %q, and apply makes none: kubectl create namespace %s", p.Namespace, p.Namespace)
	case err != nil:
		return err
	case found.Status.Phase == corev1.NamespaceTerminating:
		return fmt.Errorf("namespace %q is being deleted: nothing can be made in it", p.Namespace)
	}
	return nil
}

func makes(set *manifest.Set, kind, name string) bool {
	return slices.ContainsFunc(set.Objects, func(o manifest.Object) bool { return o.Kind == kind && o.Name == name })
}

// secrets looks at the Secrets that the pods mount.
func (p *Plan) secrets(ctx context.Context, c *kube.Cluster, set *manifest.Set, pod *corev1.PodSpec) error {
	var wrong []error
	for i := range pod.Volumes {
		v := pod.Volumes[i].Secret
		if v == nil || makes(set, "Secret", v.SecretName) || v.Optional != nil && *v.Optional {
			continue
		}
		id := Object{APIVersion: "v1", Kind: "Secret", Namespace: p.Namespace, Name: v.SecretName}
		switch found, err := client(c, id).Get(ctx, v.SecretName); {
		case apierrors.IsNotFound(err):
			wrong = append(wrong, fmt.Errorf("--credentials-secret: there is no Secret %q in namespace %q", v.SecretName, p.Namespace))
		case apierrors.IsForbidden(err):
			p.Unseen = append(p.Unseen, fmt.Sprintf("Whether there is a Secret %s could not be looked at: %v", v.SecretName, err))
		case err != nil:
			wrong = append(wrong, explained(id, err))
		default:
			wrong = append(wrong, lacks(v.SecretName, *found, keysOf(pod, &pod.Volumes[i])))
		}
	}
	return errors.Join(wrong...)
}

// keysOf are the keys that the pods take of a volume's Secret: those of its items, and
// files of it that an argument names.
func keysOf(pod *corev1.PodSpec, v *corev1.Volume) []string {
	keys := map[string]bool{}
	for _, item := range v.Secret.Items {
		keys[item.Key] = true
	}
	for i := range pod.Containers {
		for _, mount := range pod.Containers[i].VolumeMounts {
			if mount.Name != v.Name || len(keys) > 0 {
				continue
			}
			for _, arg := range slices.Concat(pod.Containers[i].Command, pod.Containers[i].Args) {
				if _, file, ok := strings.Cut(arg, "="+strings.TrimSuffix(mount.MountPath, "/")+"/"); ok {
					keys[file] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(keys))
}

// lacks says what is wrong with the keys of a Secret. An empty file of credentials is
// passed over by the proxy, which takes the node's instead.
func lacks(name string, secret fields, keys []string) error {
	data, _ := secret["data"].(fields)
	var wrong []error
	for _, key := range keys {
		stored, ok := data[key]
		if !ok {
			has := strings.Join(slices.Sorted(maps.Keys(data)), ", ")
			wrong = append(wrong, fmt.Errorf("--credentials-secret: Secret %q has no key %q; it has: %s", name, key, has))
			continue
		}
		text, _ := stored.(string)
		value, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			continue // the API server gives base64
		}
		if shape := keyfile.Inspect(value); !shape.Usable() {
			wrong = append(wrong, fmt.Errorf("--credentials-secret: key %q of Secret %q is no service account's key: %s", key, name, shape))
		}
	}
	return errors.Join(wrong...)
}

// account looks at the service account of the pods.
func (p *Plan) account(ctx context.Context, c *kube.Cluster, set *manifest.Set, name string) error {
	if name == "" || name == "default" || makes(set, "ServiceAccount", name) {
		return nil
	}
	id := Object{APIVersion: "v1", Kind: "ServiceAccount", Namespace: p.Namespace, Name: name}
	switch _, err := client(c, id).Get(ctx, name); {
	case apierrors.IsNotFound(err):
		return fmt.Errorf("there is no ServiceAccount %q in namespace %q", name, p.Namespace)
	case apierrors.IsForbidden(err):
		p.Unseen = append(p.Unseen, fmt.Sprintf("Whether there is a ServiceAccount %s could not be looked at: %v", name, err))
	case err != nil:
		return explained(id, err)
	}
	return nil
}
