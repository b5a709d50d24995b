package rules

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// checkServerPath: GWF03, a path that is no file, or is the wrong one of the two.
func (c *checker) checkServerPath(d *door, f *file) {
	what, evidence := c.noFile(f)
	if what == "" {
		what = wrongFile(f)
	}
	if what == "" {
		return
	}
	part := blocks
	if f.Mount != nil && f.Key != "" {
		part = c.byCertificate(f.Secret)
	}
	found := finding.Finding{
		ID: "GWF03", Severity: finding.Error, Object: d.Object, What: what,
		Evidence: append(quote(f.Field, f.Path), evidence...),
		Cause:    "Envoy cannot load the listener's certificate, so the port does not serve.",
	}
	if right := c.rightPath(f); right != "" {
		found.Fix = []finding.Step{setField(d.Object, f.Field, right)}
	} else {
		found.Fix = []finding.Step{do(fmt.Sprintf("Let %s name a file that a Secret shows in the gateway's pods.", f.Field))}
	}
	c.add(part, found)
}

// noFile says why there is no file at the path; empty if there is one.
func (c *checker) noFile(f *file) (what string, evidence []finding.Evidence) {
	pod := f.Pods[0]
	if f.Mount == nil {
		if mounts := secretMounts(pod); len(mounts) > 0 {
			evidence = quote(fmt.Sprintf("mounts of Secrets in pod %s/%s", pod.Namespace, pod.Name), strings.Join(mounts, "\n"))
		}
		return fmt.Sprintf("%s is under no mount of the gateway's pods.", f.Path), evidence
	}
	o := c.Secret(f.Secret)
	if f.Key == "" && len(f.Volume.Items) > 0 {
		var items []string
		for _, item := range f.Volume.Items {
			items = append(items, item.Key+" as "+item.Path)
		}
		return fmt.Sprintf("The volume at %s does not show a file %s.", f.Mount.Path, path.Base(f.Path)),
			quote("items of volume "+f.Volume.Name, strings.Join(items, ", "))
	}
	if f.Key == "" {
		return fmt.Sprintf("%s is a folder, and not a file.", f.Path), nil
	}
	if o.Has(f.Key) {
		return "", nil
	}
	evidence = quote("keys of Secret "+f.Secret.String(), strings.Join(o.Names(), ", "))
	if o.Value(f.Key) != nil {
		return fmt.Sprintf("The key %s of Secret %s is empty, which is the file %s.", f.Key, f.Secret, f.Path), evidence
	}
	return fmt.Sprintf("Secret %s has no key %s, so there is no file %s in the gateway's pods.", f.Secret, f.Key, f.Path), evidence
}

// wrongFile says that a certificate is taken for the key, or the other way round; empty
// if not.
func wrongFile(f *file) string {
	name := f.Field[strings.LastIndexByte(f.Field, '.')+1:]
	switch {
	case f.PrivateKey && f.Key == "tls.crt":
		return fmt.Sprintf("%s is the certificate, and %s wants the private key.", f.Path, name)
	case !f.PrivateKey && f.Key == "tls.key":
		return fmt.Sprintf("%s is the private key, and %s wants the certificate.", f.Path, name)
	}
	return ""
}

// rightPath is where the pods have such a file; empty if that is not known.
func (c *checker) rightPath(f *file) string {
	want := "tls.crt"
	if f.PrivateKey {
		want = "tls.key"
	}
	pod := f.Pods[0]
	var paths []string
	for v := range pod.Volumes {
		volume := &pod.Volumes[v]
		o := c.Secret(chain.Name{Namespace: pod.Namespace, Name: volume.Secret})
		if o == nil || !o.Has(want) {
			continue
		}
		shown := want
		if len(volume.Items) > 0 {
			i := slices.IndexFunc(volume.Items, func(item chain.Item) bool { return item.Key == want })
			if i < 0 {
				continue
			}
			shown = volume.Items[i].Path
		}
		for _, m := range mountsOf(pod, volume.Name) {
			if m.SubPath == "" {
				paths = append(paths, path.Join(m.Path, shown))
			}
		}
	}
	if len(paths) == 0 {
		return ""
	}
	// A folder of its own is better than none at all, the one that was meant is best.
	return paths[max(0, slices.IndexFunc(paths, func(p string) bool { return path.Dir(p) == path.Dir(path.Clean(f.Path)) }))]
}

// mountsOf are the mounts of a volume.
func mountsOf(p *chain.Pod, volume string) []chain.Mount {
	var all []chain.Mount
	for i := range p.Containers {
		for _, m := range p.Containers[i].Mounts {
			if m.Volume == volume {
				all = append(all, m)
			}
		}
	}
	return all
}

// secretMounts are the mounts of Secrets in a pod, a line each.
func secretMounts(p *chain.Pod) []string {
	var all []string
	for _, v := range p.Volumes {
		for _, m := range mountsOf(p, v.Name) {
			all = append(all, m.Path+": Secret "+v.Secret)
		}
	}
	return all
}
