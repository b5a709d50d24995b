package chain

import (
	"path"
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
	// Secret is what is taken. It has no name where the pods mount nothing there.
	Secret Name
	CA     bool
	// Path and Key are set for files: the path, and the key of the Secret that is the
	// file; Key is empty where no key of the volume has that path.
	Path, Key string
	// SubPath says that the mount has one: the kubelet never updates it.
	SubPath bool
	Mount   *Mount
	Volume  *SecretVolume
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
	for _, name := range t.Credentials() {
		credential := "credentialName"
		if name != t.CredentialName {
			credential = "credentialNames"
		}
		all = append(all, credentialSources(groups, at(credential), name, false)...)
	}
	if t.CACredentialName != "" {
		all = append(all, credentialSources(groups, at("caCertCredentialName"), t.CACredentialName, true)...)
	}
	if len(t.Credentials()) > 0 {
		return all // the paths are of no account then
	}
	for _, f := range serverFiles(t) {
		all = append(all, fileSources(groups, at(f.field), f.path, f.ca)...)
	}
	return all
}

type serverFile struct {
	field, path string
	ca          bool
}

func serverFiles(t *ServerTLS) []serverFile {
	files := []serverFile{{"serverCertificate", t.Certificate, false}, {"privateKey", t.PrivateKey, false}, {"caCertificates", t.CA, true}}
	for i, f := range t.TLSCertificates {
		at := "tlsCertificates[" + strconv.Itoa(i) + "]."
		files = append(files, serverFile{at + "serverCertificate", f.Certificate, false}, serverFile{at + "privateKey", f.PrivateKey, false}, serverFile{at + "caCertificates", f.CA, true})
	}
	var given []serverFile
	for _, f := range files {
		if f.path != "" {
			given = append(given, f)
		}
	}
	return given
}

// PodGroup is the pods of a gateway in one namespace.
type PodGroup struct {
	Namespace string
	Pods      []*Pod
}

// GatewayPods returns the pods that a Gateway selects, by namespace. Where there are
// none, the only group has no pods and is Istio's own namespace.
func (s *Snapshot) GatewayPods(g *IstioGateway) []PodGroup {
	var groups []PodGroup
	for _, p := range s.SelectPods("", g.Selector) {
		if !p.Running() {
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
				continue // configmap://, builtin://, sds: no Secret
			}
			if secret.Name = rest; kind == "kubernetes-gateway" {
				secret = nameOf(rest)
			}
		}
		all = append(all, Source{Field: field, Pods: group.Pods, Secret: secret, CA: ca})
	}
	return all
}

func fileSources(groups []PodGroup, field, file string, ca bool) []Source {
	var all []Source
	for _, group := range groups {
		source := Source{Field: field, Pods: group.Pods, Path: file, CA: ca}
		if len(group.Pods) == 0 {
			source.guess(group.Namespace)
		} else {
			source.look(group.Pods[0])
		}
		all = append(all, source)
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
func (f *Source) look(p *Pod) {
	clean := path.Clean(f.Path)
	for i := range p.Containers {
		for n := range p.Containers[i].Mounts {
			m := &p.Containers[i].Mounts[n]
			below, ok := strings.CutPrefix(clean, path.Clean(m.Path))
			if !ok || (below != "" && below[0] != '/') || (f.Mount != nil && len(f.Mount.Path) >= len(m.Path)) {
				continue
			}
			for v := range p.Volumes {
				if p.Volumes[v].Name == m.Volume {
					f.Mount, f.Volume, f.SubPath = m, &p.Volumes[v], m.SubPath != ""
					f.Secret = Name{p.Namespace, p.Volumes[v].Secret}
					f.Key = keyAt(&p.Volumes[v], path.Join(m.SubPath, below))
				}
			}
		}
	}
}

// keyAt is the key that a volume shows at a path; empty if its items leave that out.
func keyAt(v *SecretVolume, at string) string {
	at = strings.TrimPrefix(at, "/")
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
