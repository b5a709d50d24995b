package rules

import (
	"fmt"
	"strings"
	"time"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
)

// backdated is by how much CAs date certificates back, for clocks that go wrong.
const backdated = time.Hour

// checkStaleFiles: GWF05 and GWF06. Up to Istio 1.6, Envoy reads the files when it loads the
// listener, and never again; from 1.7 on the agent watches them (istio#23417).
func (c *checker) checkStaleFiles(d *door, f *file) {
	leaf := c.leafAt(f)
	if leaf == nil || f.PrivateKey || f.Key == "" {
		return
	}
	secret := c.Secret(f.Secret)
	var early, old []*chain.Pod
	for _, p := range f.Pods {
		started := p.ProxyStarted()
		if started.IsZero() || !before(p, 1, 7) {
			continue
		}
		// A Secret that came later and was renewed since was read at the first chance.
		renewed := issuedAfter(secret, leaf, started)
		switch {
		case secret.Created.After(started) && !leaf.NotBefore.After(secret.Created.Add(backdated)):
			early = append(early, p)
		case renewed:
			old = append(old, p)
		}
	}
	if len(early) > 0 {
		c.addEarly(d, f, early)
	}
	if len(old) > 0 {
		c.addOld(d, f, leaf, old)
	}
}

// issuedAfter reports whether the certificate was put into the Secret after a time.
func issuedAfter(o *chain.Secret, leaf *material.Certificate, t time.Time) bool {
	if leaf.NotBefore.After(t) {
		return true
	}
	if leaf.NotBefore.Add(backdated).Before(t) {
		return false
	}
	for _, m := range o.Managers {
		if m.Data && m.Time.After(t) {
			return true
		}
	}
	return false
}

func (c *checker) addEarly(d *door, f *file, pods []*chain.Pod) {
	secret := c.Secret(f.Secret)
	c.add(aside, finding.Finding{
		ID: "GWF05", Severity: finding.Warning, Object: d.Object,
		What: fmt.Sprintf("Secret %s is younger than the proxy of %s, which may not have read it.", f.Secret, podText(pods)),
		Evidence: []finding.Evidence{
			{Source: "metadata.creationTimestamp of Secret " + f.Secret.String(), Text: utc(secret.Created)},
			started(pods[0]),
		},
		Cause: fmt.Sprintf("The folder was empty when Envoy started, and Istio %s does not look for new files.", versionOf(pods[0])),
		Fix:   restart(pods),
	})
}

func (c *checker) addOld(d *door, f *file, leaf *material.Certificate, pods []*chain.Pod) {
	began := pods[0].ProxyStarted()
	for _, p := range pods {
		if p.ProxyStarted().Before(began) {
			began = p.ProxyStarted()
		}
	}
	severity, until := finding.Warning, began.Add(leaf.NotAfter.Sub(leaf.NotBefore))
	cause := fmt.Sprintf("Istio %s reads the files once. What it has read expires on %s at the latest, if all certificates live as long as this one.", versionOf(pods[0]), day(until))
	if !c.Now.Before(until) {
		severity = finding.Error
		cause = fmt.Sprintf("Istio %s reads the files once. What it has read has expired by now, at the latest on %s, if all certificates live as long as this one.", versionOf(pods[0]), day(until))
	}
	fix := restart(pods)
	fix = append(fix, do("Do so after every renewal; from Istio 1.1 on, tls.credentialName needs no restart."))
	c.add(aside, finding.Finding{
		ID: "GWF06", Severity: severity, Object: d.Object,
		What:     fmt.Sprintf("%s of the gateway still %s the certificate from before %s, when Secret %s was renewed.", title(podText(pods)), serve(pods), day(leaf.NotBefore), f.Secret),
		Evidence: []finding.Evidence{{Source: "certificate in Secret " + f.Secret.String(), Text: "valid from " + utc(leaf.NotBefore)}, started(pods[0])},
		Cause:    cause, Fix: fix,
	})
}

func started(p *chain.Pod) finding.Evidence {
	return finding.Evidence{Source: fmt.Sprintf("start of the proxy of pod %s/%s", p.Namespace, p.Name), Text: utc(p.ProxyStarted())}
}

func utc(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// before reports whether the proxy is older than a version of Istio. Of an unknown
// version nothing is said that needs one.
func before(p *chain.Pod, major, minor int) bool {
	is, point, ok := p.IstioVersion()
	return ok && (is < major || (is == major && point < minor))
}

func versionOf(p *chain.Pod) string {
	major, minor, _ := p.IstioVersion()
	return fmt.Sprintf("%d.%d", major, minor)
}

// podText names pods of one namespace.
func podText(pods []*chain.Pod) string {
	noun := "pods"
	if len(pods) == 1 {
		noun = "pod"
	}
	return fmt.Sprintf("%s %s/%s", noun, pods[0].Namespace, some(podNames(pods)))
}

func serve(pods []*chain.Pod) string {
	if len(pods) == 1 {
		return "serves"
	}
	return "serve"
}

func title(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// restart deletes pods one by one, so that the others serve meanwhile. The kubectl of
// those days has no rollout restart.
func restart(pods []*chain.Pod) []finding.Step {
	steps := []finding.Step{do("Restart the gateway; with a single pod, connections break for some seconds:")}
	if len(pods) > 1 {
		steps[0] = do("Restart the gateway's pods one by one, each when the one before is replaced and ready:")
	}
	for _, p := range pods[:min(len(pods), 5)] {
		steps = append(steps, kubectlStep("-n", p.Namespace, "delete", "pod", p.Name))
	}
	return steps
}
