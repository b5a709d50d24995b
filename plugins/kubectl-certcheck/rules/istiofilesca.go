package rules

import (
	"fmt"
	"path"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// checkCAFile: GWF08, the file of the CA for client certificates is not there.
func (c *checker) checkCAFile(d *door, s *doorServer, f *file) {
	if s.TLS.Mode == "SIMPLE" || systemPath(f.Path) {
		return
	}
	what, evidence := "", quote(f.Field, f.Path)
	switch {
	case f.Mount == nil:
		what = fmt.Sprintf("The file of the CA for client certificates, %s, is under no mount of the gateway's pods.", f.Path)
	case f.Volume == nil:
		return
	case c.Secret(f.Secret) == nil:
		if c.Absence("Secret", f.Secret.Namespace) != chain.Gone {
			return
		}
		what = fmt.Sprintf("Secret %s with the CA for client certificates does not exist, which the gateway's pods mount at %s.", f.Secret, f.Mount.Path)
		evidence = append(evidence, volumeOf(f))
	default:
		no, more := c.noFile(f)
		if no == "" {
			return
		}
		what = "The CA for client certificates is not there: " + strings.ToLower(no[:1]) + no[1:]
		if strings.HasPrefix(no, "Secret ") {
			what = "The CA for client certificates is not there: " + no
		}
		evidence = append(evidence, more...)
	}
	c.addNoCA(d, s, f, what, evidence)
}

func (c *checker) addNoCA(d *door, s *doorServer, f *file, what string, evidence []finding.Evidence) {
	found := finding.Finding{
		ID: "GWF08", Severity: finding.Error, Object: d.Object, What: what,
		Evidence: append(quote(s.field("tls.mode"), s.TLS.Mode), evidence...),
		Cause:    "Without the CA, Envoy cannot check client certificates, and does not serve the port.",
	}
	switch {
	case f.Secret.Name != "" && c.Secret(f.Secret) == nil:
		found.Fix = []finding.Step{kubectlStep("-n", f.Secret.Namespace, "create", "secret", "generic", f.Secret.Name, "--from-file="+path.Base(f.Path)+"=ca.pem")}
	case f.Secret.Name != "":
		found.Fix = []finding.Step{do(fmt.Sprintf("Put the CA into Secret %s under the key %s, or let %s name the file that is there.", f.Secret, path.Base(f.Path), f.Field))}
	default:
		found.Fix = []finding.Step{do("Mount a Secret with the CA into the gateway's pods, as Istio's charts do with istio-ingressgateway-ca-certs, and name the file in caCertificates; or use mode SIMPLE.")}
	}
	c.add(blocks, found)
}

// systemPath reports whether a path is where images have the CAs of the world.
func systemPath(file string) bool {
	file = path.Clean(file)
	return strings.HasPrefix(file, "/etc/ssl/") || strings.HasPrefix(file, "/etc/pki/") || strings.HasPrefix(file, "/usr/")
}
