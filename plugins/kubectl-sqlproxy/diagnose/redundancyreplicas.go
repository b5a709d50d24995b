package diagnose

import (
	"encoding/json"
	"fmt"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

// checkReplicas judges how many pods there are to be.
func (c *checker) checkReplicas(s *subject) {
	f := finding.Finding{ID: "single-replica", Severity: finding.Error, Object: s.Object,
		Cause: "When its node is drained, preempted or upgraded, or the pod is evicted, nobody reaches the databases until another pod is ready.",
	}
	switch {
	case s.Kind == "Pod":
		f.What = "The proxy is a single pod that nothing makes again when it goes: then no client reaches the databases."
		f.Evidence = quote("metadata.ownerReferences", "none")
		f.Fix = []finding.Step{do("Make it a Deployment of two replicas.")}
		c.add(s, aside, f)
		return
	case len(s.Autoscalers) > 0 && s.fewest() <= 1:
		o := s.Autoscalers[0]
		f.Severity, f.Object = finding.Warning, o.Object
		f.What = "The autoscaler may leave one replica, and then one pod serves all clients."
		f.Evidence = quote("spec.minReplicas", fmt.Sprint(s.fewest()))
		f.Fix = []finding.Step{kubectlIn(o.Namespace, "patch", "hpa", o.Name, "-p", `{"spec":{"minReplicas":2}}`)}
		c.add(s, aside, f)
	case len(s.Autoscalers) == 0 && s.Replicas == 1:
		f.What = "The proxy has one replica: all clients depend on one pod."
		f.Evidence = quote("spec.replicas", "1")
		f.Fix = []finding.Step{kubectlIn(s.Namespace, "scale", s.ref(), "--replicas=2"), do("Write replicas: 2 into its manifest, too.")}
		if c.Files {
			f.Evidence = quote("spec.replicas", "1, or none")
			f.Fix = []finding.Step{do("Write replicas: 2.")}
		}
		c.add(s, aside, f)
	}
	c.checkHPA(s)
}

// checkHPA finds replicas in a manifest: whenever that is applied, the autoscaler's number
// is lost.
func (c *checker) checkHPA(s *subject) {
	if len(s.Autoscalers) == 0 || s.Deployment == nil {
		return
	}
	source, replicas := "spec.replicas", s.Deployment.Spec.Replicas
	if s.Meta.UID != "" { // in a cluster the field is always set
		source, replicas = "annotation kubectl.kubernetes.io/last-applied-configuration", appliedReplicas(s.Workload)
	}
	if replicas == nil {
		return
	}
	c.add(s, aside, finding.Finding{
		ID: "hpa-and-replicas", Severity: finding.Info, Object: s.Object,
		What:     fmt.Sprintf("The manifest says replicas: %d, but autoscaler %s decides that: each apply sets it back for a while, and ends pods with clients on them.", *replicas, s.Autoscalers[0].Name),
		Evidence: quote(source, fmt.Sprintf("replicas: %d", *replicas)),
		Fix:      []finding.Step{do("Leave spec.replicas out of the manifest.")},
	})
}

func appliedReplicas(w *snapshot.Workload) *int32 {
	var applied struct {
		Spec struct{ Replicas *int32 }
	}
	if err := json.Unmarshal([]byte(w.Meta.Annotations["kubectl.kubernetes.io/last-applied-configuration"]), &applied); err != nil {
		return nil
	}
	return applied.Spec.Replicas
}
