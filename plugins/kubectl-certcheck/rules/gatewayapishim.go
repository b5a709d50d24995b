package rules

import (
	"fmt"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// checkGatewayShim judges whether cert-manager makes the Certificates that a Gateway's
// annotations ask for. Where there is a Certificate for the Secret, all is well.
func (c *checker) checkGatewayShim(g *chain.Gateway) {
	a := askedBy(&g.Meta)
	if a == nil || a.old {
		return
	}
	waiting, missing := false, false
	for i := range g.Listeners {
		l := &listener{gateway: g, Listener: &g.Listeners[i], field: fmt.Sprintf("spec.listeners[%d]", i)}
		if !l.Terminates() || l.ignored() {
			continue
		}
		for n := range l.Refs {
			ref := &l.Refs[n]
			if ref.Kind != "Secret" || ref.Group != "" || len(c.CertificatesFor(ref.Name)) > 0 {
				continue
			}
			if why, fix := skipped(l, ref); why != "" {
				c.addSkipped(l, ref, why, fix)
			} else if c.Absence("Certificate", ref.Namespace) == chain.Gone {
				waiting = true
				missing = missing || c.Secret(ref.Name) == nil
			}
		}
	}
	if waiting && g.Kind == "Gateway" {
		p := aside // the Secrets that others filled serve
		if missing {
			p = blocks
		}
		c.checkShimEnabled(g, a, p)
	}
}

// ignored reports whether the Gateway says that cert-manager is to leave a listener out.
func (l *listener) ignored() bool {
	for name := range strings.SplitSeq(l.gateway.Annotations[chain.Group+"/ignore-tls-listeners"], ",") {
		if strings.TrimSpace(name) == l.Name {
			return true
		}
	}
	return false
}

// skipped says why the shim leaves a listener out, in the order of its own checks;
// empty if it does not.
func skipped(l *listener, ref *chain.CertificateRef) (why, fix string) {
	switch {
	case l.Hostname == "":
		return "it has no hostname", "Give the listener a hostname, or make the Certificate yourself."
	case ref.Namespace != l.gateway.Namespace:
		return "its Secret is in another namespace", "Have the Secret in the Gateway's namespace, or make the Certificate in namespace " + ref.Namespace + " yourself."
	}
	return "", ""
}

func (c *checker) addSkipped(l *listener, ref *chain.CertificateRef, why, fix string) {
	a := askedBy(&l.gateway.Meta)
	f := finding.Finding{
		ID: "GWA03", Severity: finding.Warning, Object: l.gateway.Object,
		What:     fmt.Sprintf("cert-manager makes no Certificate for %s: %s.", l.named(), why),
		Evidence: append(a.evidence(), quote(l.field+".tls.certificateRefs", ref.String())...),
		Fix:      []finding.Step{do(fix)},
		Docs:     "https://cert-manager.io/docs/usage/gateway/",
	}
	if e := c.badConfig(&l.gateway.Meta); e != nil {
		f.Evidence = append(f.Evidence, quote("event BadConfig", e.Message)...)
	}
	if c.Secret(ref.Name) == nil && c.Absence("Secret", ref.Namespace) == chain.Gone {
		f.Severity = finding.Error
		c.add(blocks, f)
		return
	}
	if c.Secret(ref.Name) != nil {
		f.Cause = "Somebody else filled the Secret, and has to renew it."
	}
	c.add(aside, f)
}

// flagsOf are the names of a controller's flags: what they are set to is nobody's
// business here.
func flagsOf(controller *chain.Controller) []string {
	var names []string
	for _, arg := range controller.Args {
		if name, _, _ := strings.Cut(arg, "="); strings.HasPrefix(name, "-") {
			names = append(names, name)
		}
	}
	return names
}

// checkShimEnabled finds why the shim did nothing for a Gateway: it is off by default.
func (c *checker) checkShimEnabled(g *chain.Gateway, a *asked, p part) {
	if a.issuer != "" && a.clusterIssuer != "" {
		return // then the shim does nothing, and says so
	}
	controller := c.Controller()
	if controller == nil {
		return
	}
	_, config := controller.Flag("config")
	enabled, given := controller.Flag("enable-gateway-api")
	gates, _ := controller.Flag("feature-gates")
	f := finding.Finding{
		ID: "GWA04", Severity: finding.Warning, Object: g.Object,
		What:     fmt.Sprintf("%s asks cert-manager for Certificates, but the controller is not told to look at Gateways.", inWords(g.Object)),
		Evidence: append(a.evidence(), finding.Evidence{Source: inWords(controller.Object) + ", flags", Text: strings.Join(flagsOf(controller), " ")}),
		Fix:      []finding.Step{do("Add --enable-gateway-api to the controller's args; with the Helm chart, set config.enableGatewayAPI=true.")},
		Docs:     "https://cert-manager.io/docs/usage/gateway/",
	}
	switch {
	case !c.since(1, 5):
		if _, _, known := c.version(); !known {
			return
		}
		f.What = fmt.Sprintf("%s asks cert-manager for Certificates, but cert-manager knows no Gateways before v1.5.", inWords(g.Object))
		f.Evidence = append(a.evidence(), finding.Evidence{Source: inWords(controller.Object) + ", image", Text: controller.Image})
		f.Fix = []finding.Step{do("Upgrade cert-manager, or make the Certificates yourself.")}
	case enabled == "true" && given, strings.Contains(gates, "ExperimentalGatewayAPISupport=true"):
		if chain.Age(c.Now, g.Created).Minutes() < 5 {
			return
		}
		f.What = fmt.Sprintf("%s asks cert-manager for Certificates, but it has made none.", inWords(g.Object))
		f.Cause = "cert-manager looks for the CRDs of the Gateway API only when it starts."
		f.Fix = []finding.Step{inNamespace(controller.Namespace, "rollout", "restart", "deployment", controller.Workload.Name)}
	case config:
		return // the file may say it
	case !c.since(1, 15):
		f.Fix = []finding.Step{do("Add --feature-gates=ExperimentalGatewayAPISupport=true to the controller's args.")}
	}
	c.add(p, f)
}
