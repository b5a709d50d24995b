package rules

import (
	"fmt"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// checkSubPath: GWF09 of a gateway's pods.
func (c *checker) checkSubPath(d *door, f *file) {
	if f.SubPath {
		c.addSubPath(d.Object, f.Secret, "the gateway's pods", *f.Mount)
	}
}

// checkSubPaths: GWF09 of pods that serve TLS themselves.
func (c *checker) checkSubPaths() {
	for _, p := range c.Pods {
		if !c.reaches(p.Object) {
			continue
		}
		for _, v := range p.Volumes {
			n := chain.Name{Namespace: p.Namespace, Name: v.Secret}
			if o := c.Secret(n); (o == nil || o.TLS == nil) && len(c.CertificatesFor(n)) == 0 {
				continue
			}
			for _, m := range mountsOf(p, v.Name) {
				if m.SubPath != "" {
					c.addSubPath(p.Object, n, "the pod", m)
				}
			}
		}
	}
}

func (c *checker) addSubPath(o finding.Object, n chain.Name, who string, m chain.Mount) {
	c.add(aside, finding.Finding{
		ID: "GWF09", Severity: finding.Warning, Object: o,
		What:     fmt.Sprintf("Secret %s is mounted in %s by subPath, so a renewed certificate never gets there.", n, who),
		Evidence: quote("volumeMounts of volume "+m.Volume, fmt.Sprintf("mountPath: %s, subPath: %s", m.Path, m.SubPath)),
		Cause:    "The kubelet does not update what is mounted by subPath; only a new pod sees the new Secret.",
		Fix:      []finding.Step{do("Mount the volume as a folder, without subPath, and let the program read the file there.")},
		Docs:     "https://kubernetes.io/docs/concepts/storage/volumes/#secret",
	})
}
