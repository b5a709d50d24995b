package chain

import (
	"path"
	"slices"
	"strconv"
	"strings"
)

// Source is where a server of an Istio Gateway takes a certificate from, as far as
// its pods tell.
type Source struct {
	// Field is the field of the Gateway that names it.
	Field string
	// Pods are the gateway's pods that it was worked out for.
	Pods []*Pod
	// Secret is what is taken. It has no name where the pods mount no Secret there.
	Secret Name
	CA     bool
	// PrivateKey says that it is the key of a certificate, and nothing else.
	PrivateKey bool
	// Path and Key are set for files: the path, and the key of the Secret that is the
	// file; Key is empty where no key of the volume has that path.
	Path, Key string
	// SubPath says that the mount has one: the kubelet never updates it.
	SubPath bool
	// Mount is what the path lies below, of any kind of volume; nil is none. Volume is
	// nil where that is no Secret.
	Mount  *Mount
	Volume *SecretVolume
}

// File reports whether the source is a path, and not a Secret by its name.
func (f *Source) File() bool { return f.Path != "" }

// The defaults of Istio's own charts, for a gateway whose pods are not known.
const (
	istioNamespace = "istio-system"
	istioMounts    = "/etc/istio/"
)

// Sources says where a server takes its certificates from: one source for each
// namespace that the gateway's pods run in, and for each path or name. Where the pods
// are not known, it is taken that they are as Istio's charts make them.
func (s *Snapshot) Sources(g *IstioGateway, server int) []Source {
	t := g.Servers[server].TLS
	if t == nil {
		return nil
	}
	at := func(name string) string { return field("spec.servers", server, "tls."+name, -1) }
	groups := s.GatewayPods(g)
	var all []Source
	if t.CredentialName != "" {
		all = append(all, credentialSources(groups, at("credentialName"), t.CredentialName, false)...)
	}
	for i, name := range t.CredentialNames {
		all = append(all, credentialSources(groups, at("credentialNames["+strconv.Itoa(i)+"]"), name, false)...)
	}
	if t.CACredentialName != "" {
		all = append(all, credentialSources(groups, at("caCertCredentialName"), t.CACredentialName, true)...)
	}
	if len(t.Credentials()) > 0 {
		return all // the paths are of no account then
	}
	for _, f := range serverFiles(t) {
		all = append(all, s.fileSources(groups, Source{Field: at(f.field), Path: f.path, CA: f.part == caFile, PrivateKey: f.part == keyFile})...)
	}
	return all
}

type filePart int

const (
	certificateFile filePart = iota
	keyFile
	caFile
)

type serverFile struct {
	field, path string
	part        filePart
}

func serverFiles(t *ServerTLS) []serverFile {
	var files []serverFile
	add := func(at string, f TLSFiles) {
		for _, file := range []serverFile{{at + "serverCertificate", f.Certificate, certificateFile}, {at + "privateKey", f.PrivateKey, keyFile}, {at + "caCertificates", f.CA, caFile}} {
			if file.path != "" {
				files = append(files, file)
			}
		}
	}
	add("", TLSFiles{t.Certificate, t.PrivateKey, t.CA})
	for i, f := range t.TLSCertificates {
		add("tlsCertificates["+strconv.Itoa(i)+"].", f)
	}
	return files
}

// PodGroup is the pods of a gateway in one namespace.
type PodGroup struct {
	Namespace string
	Pods      []*Pod
}

// GatewayPods returns the pods that a Gateway selects, by namespace. Where there are
// none, the only group has no pods and is Istio's own namespace. Without a selector it
// is for all of Istio's gateways.
func (s *Snapshot) GatewayPods(g *IstioGateway) []PodGroup {
	groups, ok := s.index.gatewayPods[g]
	if !ok {
		return s.gatewayPods(g)
	}
	return groups
}

func (s *Snapshot) gatewayPods(g *IstioGateway) []PodGroup {
	var groups []PodGroup
	for _, p := range s.SelectPods("", g.Selector) {
		if !p.Running() || (len(g.Selector) == 0 && !p.Router()) {
			continue
		}
		if n := len(groups); n > 0 && groups[n-1].Namespace == p.Namespace {
			groups[n-1].Pods = append(groups[n-1].Pods, p)
			continue
		}
		groups = append(groups, PodGroup{p.Namespace, []*Pod{p}})
	}
	if groups == nil {
		groups = []PodGroup{{Namespace: istioNamespace}}
	}
	return groups
}

// credentialSources resolves a credentialName: a Secret in the namespace of the pods
// (istio#27740), whatever the namespace of the Gateway.
func credentialSources(groups []PodGroup, field, name string, ca bool) []Source {
	var all []Source
	for _, group := range groups {
		secret := Name{group.Namespace, name}
		if kind, rest, found := strings.Cut(name, "://"); found {
			if kind != "kubernetes" && kind != "kubernetes-gateway" {
				continue // configmap://, builtin://: no Secret
			}
			if secret.Name = rest; strings.Contains(rest, "/") {
				secret = nameOf(rest)
			}
		}
		all = append(all, Source{Field: field, Pods: group.Pods, Secret: secret, CA: ca})
	}
	return all
}

// fileSources resolves the path of a source. Pods that show different things there,
// as in the middle of a rollout, are sources of their own.
func (s *Snapshot) fileSources(groups []PodGroup, source Source) []Source {
	var all []Source
	for _, group := range groups {
		if len(group.Pods) == 0 {
			guessed := source
			guessed.guess(group.Namespace)
			all = append(all, guessed)
		}
		first := len(all)
		for _, p := range group.Pods {
			seen := source
			seen.look(s, p)
			same := slices.IndexFunc(all[first:], func(o Source) bool {
				return o.Secret == seen.Secret && o.Key == seen.Key && o.SubPath == seen.SubPath && (o.Mount == nil) == (seen.Mount == nil)
			})
			if same >= 0 {
				all[first+same].Pods = append(all[first+same].Pods, p)
				continue
			}
			seen.Pods = []*Pod{p}
			all = append(all, seen)
		}
	}
	return all
}

// guess takes it that Istio's chart mounts the Secret istio-NAME at /etc/istio/NAME.
func (f *Source) guess(namespace string) {
	folder, key := path.Split(path.Clean(f.Path))
	if name, ok := strings.CutPrefix(path.Clean(folder)+"/", istioMounts); ok {
		f.Secret = Name{namespace, "istio-" + strings.TrimSuffix(name, "/")}
		f.Key = key
	}
}

// look finds the mount of a pod that the path lies below, and the key of the Secret
// that is the file.
func (f *Source) look(s *Snapshot, p *Pod) {
	below := ""
	for _, c := range envoys(p) {
		for n := range c.Mounts {
			m := &c.Mounts[n]
			rest, ok := under(path.Clean(f.Path), path.Clean(m.Path))
			if ok && (f.Mount == nil || len(path.Clean(m.Path)) > len(path.Clean(f.Mount.Path))) {
				f.Mount, below = m, rest
			}
		}
	}
	if f.Mount == nil {
		return
	}
	// The volume shows its keys by links below ..data.
	file := strings.TrimPrefix(strings.TrimPrefix(path.Join(f.Mount.SubPath, below), "/"), "..data/")
	for v := range p.Volumes {
		volume := &p.Volumes[v]
		if volume.Name != f.Mount.Volume {
			continue
		}
		// A projected volume may have several Secrets: the one that has the file.
		key, n := keyAt(volume, file), Name{p.Namespace, volume.Secret}
		o := s.Secret(n)
		has := key != "" && (len(volume.Items) > 0 || (o != nil && o.Value(key) != nil))
		if f.Volume == nil || has {
			f.Volume, f.Secret, f.Key, f.SubPath = volume, n, key, f.Mount.SubPath != ""
		}
		if has {
			return
		}
	}
}

// envoys are the containers that the files of a Gateway are for.
func envoys(p *Pod) []*Container {
	if proxy := p.Proxy(); proxy != nil {
		return []*Container{proxy}
	}
	var all []*Container
	for i := range p.Containers {
		all = append(all, &p.Containers[i])
	}
	return all
}

// under returns what is left of a clean path below a folder, or if it is that itself.
func under(file, folder string) (rest string, ok bool) {
	if folder == "/" {
		return file, true
	}
	rest, ok = strings.CutPrefix(file, folder)
	return rest, ok && (rest == "" || rest[0] == '/')
}

// keyAt is the key that a volume shows at a path; empty if its items leave that out.
func keyAt(v *SecretVolume, at string) string {
	if len(v.Items) == 0 {
		return at
	}
	for _, item := range v.Items {
		if path.Clean(item.Path) == at {
			return item.Key
		}
	}
	return ""
}

// field writes a path of fields: list[index].rest, and of a list in it rest[n].
func field(list string, index int, rest string, n int) string {
	text := list + "[" + strconv.Itoa(index) + "]." + rest
	if n >= 0 {
		text += "[" + strconv.Itoa(n) + "]"
	}
	return text
}
