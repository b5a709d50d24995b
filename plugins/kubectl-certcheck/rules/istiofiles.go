package rules

import "github.com/kubechores/kubechores/pkg/finding"

func istioFilesCatalogue() finding.Catalogue {
	return finding.Catalogue{
		{ID: "GWF01", Severity: finding.Error, Title: "The Secret that the gateway's pods mount for a certificate does not exist"},
		{ID: "GWF02", Severity: finding.Error, Title: "The Secret that the gateway's pods should mount is in another namespace"},
		{ID: "GWF03", Severity: finding.Error, Title: "A path of an Istio Gateway is no file in the gateway's pods"},
		{ID: "GWF04", Severity: finding.Error, Title: "A server lacks the path of its certificate or key, or the two do not belong together"},
		{ID: "GWF05", Severity: finding.Warning, Title: "The gateway's pods started before their Secret existed, and may not have read it"},
		{ID: "GWF06", Severity: finding.Error, Title: "The gateway's pods still serve the certificate from before a renewal"},
		{ID: "GWF07", Severity: finding.Error, Title: "Two Istio Gateways share pods, port and certificate file"},
		{ID: "GWF08", Severity: finding.Error, Title: "A server asks for client certificates and has no file of the CA"},
		{ID: "GWF09", Severity: finding.Warning, Title: "A TLS Secret is mounted by subPath and never updated"},
	}
}

func (c *checker) checkIstioFiles() {
	all := c.doors()
	for _, d := range all {
		if !c.reaches(d.Object) {
			continue
		}
		for i := range d.servers {
			s := &d.servers[i]
			c.checkServerFiles(d, s)
			for n := range s.sources {
				if source := &s.sources[n]; source.File() {
					c.checkServerFile(d, s, source)
				}
			}
		}
	}
	c.checkSharedFiles(all)
	c.checkSubPaths()
}

// checkServerFile judges one path.
func (c *checker) checkServerFile(d *door, s *doorServer, f *file) {
	if len(f.Pods) == 0 {
		c.checkUnknownPods(d, s, f)
		return
	}
	if f.CA {
		c.checkCAFile(d, s, f)
		return
	}
	if f.Mount == nil {
		c.checkServerPath(d, f)
		return
	}
	if f.Volume == nil {
		return // another kind of volume: what it holds is not known
	}
	if c.Secret(f.Secret) == nil {
		c.checkMounted(d, s, f)
		return
	}
	c.checkServerPath(d, f)
	c.checkStaleFiles(d, f)
	c.checkSubPath(d, f)
}
