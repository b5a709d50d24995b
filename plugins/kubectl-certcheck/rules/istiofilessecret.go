package rules

import (
	"fmt"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// file is a source that is a path.
type file = chain.Source

// volumeOf is what a pod says of the volume, as evidence.
func volumeOf(f *file) finding.Evidence {
	text := "secretName: " + f.Volume.Secret
	if f.Volume.Optional {
		text += ", optional: true"
	}
	return finding.Evidence{Source: fmt.Sprintf("volume %s of pod %s/%s", f.Volume.Name, f.Pods[0].Namespace, f.Pods[0].Name), Text: text}
}

// checkMounted: GWF01 and GWF02, of a Secret that is mounted and was not found.
func (c *checker) checkMounted(d *door, s *doorServer, f *file) {
	absence := c.Absence("Secret", f.Secret.Namespace)
	if absence == chain.Unseen {
		return
	}
	hosts := s.hosts
	evidence := []finding.Evidence{{Source: f.Field, Text: f.Path}, volumeOf(f)}
	filled := c.CertificatesFor(f.Secret)
	if e := c.otherNamespace(f.Secret, d.Namespace, hosts); e != nil && len(filled) == 0 {
		c.addMisplaced(d, f, e, absence, evidence)
		return
	}
	if absence != chain.Gone {
		return
	}
	cause := "Until it is there, the gateway's pods have no certificate for the port."
	if f.Volume.Optional {
		cause = "The volume is optional: the pods start with an empty folder, and Envoy has no certificate for the port."
	}
	var fix []finding.Step
	switch e := c.otherName(f.Secret, hosts); {
	case len(filled) > 0:
		cause = fmt.Sprintf("Certificate %s/%s is to fill it, and has not. ", filled[0].Namespace, filled[0].Name) + cause
		fix = []finding.Step{kubectlStep("-n", filled[0].Namespace, "describe", apiName(filled[0].Object))}
	case e != nil:
		cause = e.says() + ", and is for the same hosts: the name is not the one that is mounted. " + cause
		fix = e.rename(f.Secret)
	default:
		fix = []finding.Step{do(fmt.Sprintf("Create a Certificate in namespace %s with spec.secretName: %s and the hosts %s as spec.dnsNames.", f.Secret.Namespace, f.Secret.Name, some(hosts)))}
	}
	c.add(c.byCertificate(f.Secret), finding.Finding{
		ID: "GWF01", Severity: finding.Error, Object: d.Object,
		What:     fmt.Sprintf("Secret %s does not exist, which the gateway's pods mount at %s.", f.Secret, f.Mount.Path),
		Evidence: evidence, Cause: cause, Fix: fix,
	})
}

// addMisplaced adds GWF02. Of files, the Secret may exist in the cluster as well: but
// nobody gives such a name to a Secret that is for anything else.
func (c *checker) addMisplaced(d *door, f *file, e *elsewhere, absence chain.Presence, evidence []finding.Evidence) {
	severity := finding.Error
	if absence != chain.Gone {
		severity = finding.Warning
	}
	c.add(blocks, finding.Finding{
		ID: "GWF02", Severity: severity, Object: d.Object,
		What:     fmt.Sprintf("%s, and the gateway's pods can only mount Secret %s.", e.says(), f.Secret),
		Evidence: evidence,
		Cause:    "A pod mounts Secrets of its own namespace only, and cert-manager puts the Secret into the namespace of the Certificate.",
		Fix:      e.move(f.Secret.Namespace),
	})
}

// checkUnknownPods: GWF02 of a path as Istio's charts mount it, where the pods are not
// known, as in a repository of manifests.
func (c *checker) checkUnknownPods(d *door, s *doorServer, f *file) {
	if f.Secret.Name == "" || f.CA || c.Absence("Pod", "") == chain.Gone || c.Secret(f.Secret) != nil || len(c.CertificatesFor(f.Secret)) > 0 {
		return
	}
	e := c.otherNamespace(f.Secret, d.Namespace, s.hosts)
	if e == nil {
		return
	}
	c.addMisplaced(d, f, e, chain.NotInFiles, quote(f.Field, f.Path))
}
