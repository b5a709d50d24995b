package snapshot

import (
	"reflect"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

func secretVolume(name string, items ...corev1.KeyToPath) corev1.VolumeSource {
	return corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: name, Items: items}}
}

func TestFileAt(t *testing.T) {
	t.Parallel()
	mode := int32(0o400)
	projection := func(name string, items ...corev1.KeyToPath) corev1.VolumeProjection {
		return corev1.VolumeProjection{Secret: &corev1.SecretProjection{LocalObjectReference: corev1.LocalObjectReference{Name: name}, Items: items}}
	}
	p := &Proxy{Workload: &Workload{}, Container: &corev1.Container{VolumeMounts: []corev1.VolumeMount{
		{Name: "key", MountPath: "/secrets/"},
		{Name: "deeper", MountPath: "/secrets/deeper"},
		{Name: "items", MountPath: "/items"},
		{Name: "items", MountPath: "/one.json", SubPath: "dir/a.json"},
		{Name: "key", MountPath: "/expr", SubPathExpr: "$(POD)"},
		{Name: "both", MountPath: "/both"},
		{Name: "many", MountPath: "/many"},
		{Name: "empty", MountPath: "/empty"},
		{Name: "none", MountPath: "/none"},
		{Name: "config", MountPath: "/config"},
	}}}
	p.Template.Spec.Volumes = []corev1.Volume{
		{Name: "key", VolumeSource: secretVolume("s")},
		{Name: "deeper", VolumeSource: secretVolume("d")},
		{Name: "items", VolumeSource: secretVolume("i", corev1.KeyToPath{Key: "k", Path: "dir/a.json", Mode: &mode})},
		{Name: "both", VolumeSource: corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{Sources: []corev1.VolumeProjection{
			projection("a", corev1.KeyToPath{Key: "k", Path: "a.json"}), projection("b", corev1.KeyToPath{Key: "k", Path: "b.json"})}}}},
		{Name: "many", VolumeSource: corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{Sources: []corev1.VolumeProjection{projection("a"), projection("b")}}}},
		{Name: "empty", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}},
		{Name: "config", VolumeSource: corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{LocalObjectReference: corev1.LocalObjectReference{Name: "c"}}}},
	}
	for name, want := range map[string]MountedFile{
		"/secrets/key.json":     {State: FileOfKey, Kind: "Secret", Name: "s", Key: "key.json"},
		"/secrets":              {State: FileDirectory, Kind: "Secret", Name: "s"},
		"/secrets/a/b":          {State: FileNotListed, Kind: "Secret", Name: "s"},
		"/secrets/deeper/k":     {State: FileOfKey, Kind: "Secret", Name: "d", Key: "k"},
		"/secretsx/k":           {State: FileUnmounted},
		"/items/dir/a.json":     {State: FileOfKey, Kind: "Secret", Name: "i", Key: "k", Mode: &mode, Items: []string{"dir/a.json"}},
		"/items/dir":            {State: FileDirectory, Kind: "Secret", Name: "i", Items: []string{"dir/a.json"}},
		"/items/a.json":         {State: FileNotListed, Kind: "Secret", Name: "i", Items: []string{"dir/a.json"}},
		"/one.json":             {State: FileOfKey, Kind: "Secret", Name: "i", Key: "k", Mode: &mode, Items: []string{"dir/a.json"}},
		"/expr/k":               {},
		"/both/b.json":          {State: FileOfKey, Kind: "Secret", Name: "b", Key: "k", Items: []string{"b.json"}},
		"/both/c.json":          {State: FileNotListed, Kind: "Secret", Name: "a", Items: []string{"a.json", "b.json"}},
		"/many/a.json":          {},
		"/empty/key.json":       {},
		"/none/key.json":        {},
		"/config/c.yaml":        {State: FileOfKey, Kind: "ConfigMap", Name: "c", Key: "c.yaml"},
		"/secrets/../config/c/": {State: FileOfKey, Kind: "ConfigMap", Name: "c", Key: "c"},
		"key.json":              {},
	} {
		got := p.FileAt(name)
		if (got.Mount == nil) != (want.State == FileUnmounted || name == "key.json") {
			t.Errorf("%s: mount %v", name, got.Mount)
		}
		got.Mount = nil
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got  %+v\nwant %+v", name, got, want)
		}
	}
}
