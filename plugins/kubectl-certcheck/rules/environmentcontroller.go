package rules

import (
	"fmt"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// checkController finds that nobody works on Certificates, or too many do.
func (c *checker) checkController() {
	all := c.Controllers()
	if len(all) == 0 {
		c.noController()
		return
	}
	var active []*chain.Controller
	ready := false
	for _, one := range all {
		if one.UID == "" {
			return // manifests tell what is to be, perhaps in several clusters
		}
		ready = ready || one.Ready > 0
		if one.Replicas > 0 {
			active = append(active, one)
		}
	}
	if !ready {
		for _, one := range all {
			c.add(blocks, c.notAtWork(one.Workload, "ENV05", "the controller of cert-manager", "nothing is issued or renewed"))
		}
	}
	c.checkTwins(active)
	c.checkWatched(active)
	if _, _, ok := all[0].Version(); !ok {
		c.add(aside, finding.Finding{
			ID: "ENV07", Severity: finding.Info, Object: all[0].Object,
			What:     "The image of cert-manager's controller does not tell its version, so it is judged as one of today.",
			Evidence: quote("spec.template.spec.containers["+all[0].Container.Name+"].image", all[0].Image),
		})
	}
}

// noController is found only where all Deployments of the cluster were seen, and none
// of them calls itself cert-manager: the images of distributions have other names.
func (c *checker) noController() {
	if c.Files || c.Groups == nil || !c.serves(chain.Group) && !c.serves(chain.OldGroup) || len(c.Certificates) == 0 || c.Absence("Deployment", "") != chain.Gone {
		return
	}
	for _, w := range c.Workloads {
		if w.Labels["app.kubernetes.io/name"] == "cert-manager" || w.Labels["app"] == "cert-manager" {
			return
		}
	}
	c.add(aside, finding.Finding{
		ID: "ENV05", Severity: finding.Warning, Object: c.certificateCRD(chain.Group),
		What:  "There are Certificates, but no Deployment of cert-manager's controller was found.",
		Cause: "Unless it runs under another name or outside of the cluster, nothing is issued or renewed.",
		Fix:   []finding.Step{run("kubectl get deployments -A | grep -i cert"), do("Install cert-manager if it is not there.")},
		Docs:  "https://cert-manager.io/docs/installation/",
	})
}

// notAtWork is a Deployment of cert-manager without a pod that is ready.
func (c *checker) notAtWork(w *chain.Workload, id, what, consequence string) finding.Finding {
	f := finding.Finding{ID: id, Severity: finding.Error, Object: w.Object, Docs: "https://cert-manager.io/docs/troubleshooting/"}
	if w.Replicas == 0 {
		f.What = fmt.Sprintf("%s is scaled to 0 replicas (Deployment %s/%s): %s.", upperFirst(what), w.Namespace, w.Name, consequence)
		f.Evidence = quote("spec.replicas", "0")
		f.Fix = []finding.Step{inNamespace(w.Namespace, "scale", "deployment", w.Name, "--replicas=1")}
		return f
	}
	f.What = fmt.Sprintf("No pod of %s is ready (Deployment %s/%s): %s.", what, w.Namespace, w.Name, consequence)
	f.Evidence = quote("status.readyReplicas", fmt.Sprintf("%d of %d", w.Ready, w.Replicas))
	f.Fix = []finding.Step{inNamespace(w.Namespace, "describe", "deployment", w.Name)}
	if len(w.PodLabels) == 0 {
		return f
	}
	for _, p := range c.SelectPods(w.Namespace, w.PodLabels) {
		if p.Ready || !p.Running() {
			continue
		}
		f.Fix = []finding.Step{inNamespace(p.Namespace, "describe", "pod", p.Name)}
		if p.Waiting == "CrashLoopBackOff" {
			f.Fix = append(f.Fix, inNamespace(p.Namespace, "logs", p.Name, "--previous"))
		}
		if p.Waiting != "" {
			f.Evidence = append(f.Evidence, finding.Evidence{Source: "pod " + p.Name + ", state.waiting.reason", Text: p.Waiting})
		}
		break
	}
	return f
}

// checkTwins finds controllers that work on the same Certificates. Those of the same
// leader election wait for each other; others issue twice, and overwrite each other.
func (c *checker) checkTwins(active []*chain.Controller) {
	for i, one := range active {
		for _, other := range active[:i] {
			if watched, otherWatched := namespaceOf(one), namespaceOf(other); watched != otherWatched && watched != "" && otherWatched != "" {
				continue
			}
			f := finding.Finding{
				ID: "ENV05", Severity: finding.Error, Object: one.Object,
				What:     fmt.Sprintf("cert-manager runs twice: %s and %s work on the same Certificates.", inWords(other.Object), inWords(one.Object)),
				Evidence: []finding.Evidence{{Source: inWords(other.Object) + ", image", Text: other.Image}, {Source: inWords(one.Object) + ", image", Text: one.Image}},
				Cause:    "Each issues by its own settings and overwrites what the other one did, which ends at the CA's rate limit.",
				Fix:      []finding.Step{do("Keep one. The other one, if it is this:"), inNamespace(one.Namespace, "scale", "deployment", one.Workload.Name, "--replicas=0")},
			}
			if electionOf(one) == electionOf(other) {
				f.Severity = finding.Warning
				f.What = fmt.Sprintf("cert-manager is there twice, %s and %s: which of them works, and by which settings, changes with each election.", inWords(other.Object), inWords(one.Object))
				f.Cause = ""
			}
			c.add(aside, f)
		}
	}
}

// namespaceOf is the only namespace that a controller works in; empty is all.
func namespaceOf(one *chain.Controller) string {
	value, _ := one.Flag("namespace")
	return value
}

// electionOf is the namespace whose lock decides who works; without election, it is
// the controller's own.
func electionOf(one *chain.Controller) string {
	if value, ok := one.Flag("leader-elect"); ok && value == "false" {
		return inWords(one.Object)
	}
	value, ok := one.Flag("leader-election-namespace")
	switch {
	case !ok:
		return "kube-system"
	case strings.Contains(value, "$(POD_NAMESPACE)"):
		return one.Namespace
	}
	return value
}

// checkWatched finds Certificates in namespaces that no controller looks at.
func (c *checker) checkWatched(active []*chain.Controller) {
	watched := map[string]bool{}
	for _, one := range active {
		if namespaceOf(one) == "" {
			return
		}
		watched[namespaceOf(one)] = true
	}
	if len(active) == 0 {
		return
	}
	for _, o := range c.Certificates {
		if watched[o.Namespace] || !c.reaches(o.Object) {
			continue
		}
		c.add(symptom, finding.Finding{
			ID: "ENV05", Severity: finding.Error, Object: o.Object,
			What:     fmt.Sprintf("Nobody works on the Certificate %s/%s: cert-manager's controller only looks at namespace %s.", o.Namespace, o.Name, namespaceOf(active[0])),
			Evidence: quote(inWords(active[0].Object)+", args", "--namespace="+namespaceOf(active[0])),
			Fix:      []finding.Step{do("Remove the flag --namespace from the controller, or have the Certificate in that namespace.")},
		})
	}
}

func upperFirst(text string) string { return strings.ToUpper(text[:1]) + text[1:] }
