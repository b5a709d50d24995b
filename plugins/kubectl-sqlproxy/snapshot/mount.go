package snapshot

import (
	"path"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
)

// MountedFile is what a proxy finds at a path.
type MountedFile struct {
	State FileState
	// Mount is nil where no volume is mounted at the path, or above it.
	Mount *corev1.VolumeMount
	// Kind is that of the object that the file is of, Secret or ConfigMap, Name its name and
	// Key its key; they are empty where it is of none.
	Kind, Name, Key string
	// Mode is the file's mode, nil for the API's default, 0644.
	Mode *int32
	// Optional says that the pod starts without the object, too.
	Optional bool
	// Items are the files that the volume has, where it lists them.
	Items []string
}

// FileState says how much is known of a path.
type FileState int

// What may be at a path.
const (
	FileUnknown   FileState = iota // in a volume whose files are not known here
	FileUnmounted                  // no volume is there: it is in the image, or nowhere
	FileDirectory                  // it is a directory of a volume
	FileNotListed                  // the volume lists its files, and it is none of them
	FileOfKey                      // it is a key of an object
)

// FileAt says what a proxy finds at an absolute path.
func (p *Proxy) FileAt(name string) MountedFile {
	name = path.Clean(name)
	if !path.IsAbs(name) {
		return MountedFile{}
	}
	var mount *corev1.VolumeMount
	rest := ""
	for i := range p.Container.VolumeMounts {
		m := &p.Container.VolumeMounts[i]
		if below, ok := below(name, path.Clean(m.MountPath)); ok && (mount == nil || len(m.MountPath) > len(mount.MountPath)) {
			mount, rest = m, below
		}
	}
	if mount == nil {
		return MountedFile{State: FileUnmounted}
	}
	f := MountedFile{Mount: mount}
	if mount.SubPathExpr != "" {
		return f
	}
	rest = strings.TrimPrefix(path.Join(mount.SubPath, rest), "/")
	for i := range p.Template.Spec.Volumes {
		if v := &p.Template.Spec.Volumes[i]; v.Name == mount.Name {
			f.look(v, rest)
		}
	}
	return f
}

// below is the path of a file below a directory; "" where it is the directory.
func below(name, dir string) (string, bool) {
	if name == dir {
		return "", true
	}
	return strings.CutPrefix(name, strings.TrimSuffix(dir, "/")+"/")
}

func (f *MountedFile) look(v *corev1.Volume, name string) {
	switch {
	case v.Secret != nil:
		f.Mode, f.Optional = v.Secret.DefaultMode, isTrue(v.Secret.Optional)
		f.of("Secret", v.Secret.SecretName, v.Secret.Items, name)
	case v.ConfigMap != nil:
		f.Mode, f.Optional = v.ConfigMap.DefaultMode, isTrue(v.ConfigMap.Optional)
		f.of("ConfigMap", v.ConfigMap.Name, v.ConfigMap.Items, name)
	case v.Projected != nil:
		f.Mode = v.Projected.DefaultMode
		f.projected(v.Projected.Sources, name)
	}
}

// projected looks into a volume that is made of several objects.
func (f *MountedFile) projected(sources []corev1.VolumeProjection, name string) {
	var listed []string
	whole, found := 0, *f
	for _, s := range sources {
		one := *f
		switch {
		case s.Secret != nil:
			one.Optional = isTrue(s.Secret.Optional)
			one.of("Secret", s.Secret.Name, s.Secret.Items, name)
		case s.ConfigMap != nil:
			one.Optional = isTrue(s.ConfigMap.Optional)
			one.of("ConfigMap", s.ConfigMap.Name, s.ConfigMap.Items, name)
		default:
			return // tokens and the like are no key files
		}
		if one.Items == nil {
			whole++
		} else if one.State == FileOfKey {
			*f = one
			return
		}
		listed = append(listed, one.Items...)
		if one.State > found.State {
			found = one
		}
	}
	if whole < 2 { // else it may be of any of them
		found.Items = listed
		*f = found
	}
}

// of looks into a volume of one object.
func (f *MountedFile) of(kind, object string, items []corev1.KeyToPath, name string) {
	f.Kind, f.Name = kind, object
	for _, item := range items {
		f.Items = append(f.Items, item.Path)
		if item.Path == name {
			f.State, f.Key = FileOfKey, item.Key
			if item.Mode != nil {
				f.Mode = item.Mode
			}
			return
		}
		if _, ok := below(item.Path, name); ok && name != "" {
			f.State = FileDirectory
		}
	}
	switch {
	case name == "":
		f.State = FileDirectory
	case f.State == FileDirectory:
	case len(items) > 0 || strings.Contains(name, "/"):
		f.State = FileNotListed
	default:
		f.State, f.Key = FileOfKey, name
	}
}

func isTrue(b *bool) bool { return b != nil && *b }

// configOf are the keys of the configuration file that a proxy is told of, where that is
// of a ConfigMap that is known; nil else.
func (s *Snapshot) configOf(p *Proxy) []proxy.Variable {
	f := p.FileAt(p.Spec.ConfigFile)
	if f.State != FileOfKey || f.Kind != "ConfigMap" {
		return nil
	}
	m := Find(s.ConfigMaps, p.Namespace, f.Name)
	if m == nil {
		return nil
	}
	text, ok := m.Value.Data[f.Key]
	if !ok {
		return nil
	}
	keys, err := proxy.ReadConfig(p.Spec.ConfigFile, []byte(text))
	if err != nil {
		return nil // it stays unread, which the problems say
	}
	return append([]proxy.Variable{}, keys...) // an empty file is known
}
