package kubetest

import (
	"fmt"
	"net/http"
	"slices"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// serveEviction is pods/eviction: the pod is deleted if the disruption budget
// that selects it allows (registry/core/pod/storage/eviction.go).
func (s *Server) serveEviction(w http.ResponseWriter, r *http.Request, c call, t *table) {
	e := &edit{call: c, t: t, query: r.URL.Query()}
	e.subresource = ""
	opts, err := s.evictionOptions(r, e)
	if err == nil {
		err = s.evict(e, opts)
	}
	if err != nil {
		writeError(w, err)
		return
	}
	writeStatus(w, metav1.Status{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Status"}, Status: metav1.StatusSuccess, Code: http.StatusCreated})
}

func (s *Server) evictionOptions(r *http.Request, e *edit) (*metav1.DeleteOptions, error) {
	data, err := s.decodeBody(r)
	if err != nil {
		return nil, err
	}
	eviction := &policyv1.Eviction{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(data, eviction); err != nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	if eviction.Name != e.name {
		return nil, apierrors.NewBadRequest("name in URL does not match name in Eviction object")
	}
	opts := eviction.DeleteOptions
	if opts == nil {
		opts = &metav1.DeleteOptions{}
	}
	e.dryRun = slices.Contains(e.query["dryRun"], metav1.DryRunAll) || slices.Contains(opts.DryRun, metav1.DryRunAll)
	return opts, nil
}

func (s *Server) evict(e *edit, opts *metav1.DeleteOptions) error {
	pod, err := s.GetPod(e.namespace, e.name)
	if err != nil {
		return err
	}
	phase := pod.Status.Phase
	free := phase == corev1.PodSucceeded || phase == corev1.PodFailed || phase == corev1.PodPending || pod.DeletionTimestamp != nil
	if !free {
		if err := s.takeDisruption(pod, e.dryRun); err != nil {
			return err
		}
	}
	if !e.dryRun {
		err := s.EditPod(e.namespace, e.name, func(p *corev1.Pod) {
			p.Status.Conditions = append(p.Status.Conditions, corev1.PodCondition{Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue,
				Reason: "EvictionByEvictionAPI", Message: "Eviction API: evicting", LastTransitionTime: metav1.Now()})
		})
		if err != nil {
			return err
		}
	}
	_, err = s.deleteObject(e, e.name, opts)
	return err
}

// takeDisruption takes one disruption from the budget that selects the pod.
func (s *Server) takeDisruption(pod *corev1.Pod, dryRun bool) error {
	t := s.store.tableOfKind(schema.GroupVersionKind{Group: "policy", Version: "v1", Kind: "PodDisruptionBudget"})
	objects, _ := s.store.list(t, pod.Namespace)
	var hit []*policyv1.PodDisruptionBudget
	for _, o := range objects {
		pdb := &policyv1.PodDisruptionBudget{}
		if err := fromMap(o.data, pdb); err != nil {
			return err
		}
		if sel, err := metav1.LabelSelectorAsSelector(pdb.Spec.Selector); err == nil && sel.Matches(labels.Set(pod.Labels)) {
			hit = append(hit, pdb)
		}
	}
	switch len(hit) {
	case 0:
		return nil
	case 1:
	default:
		return &apierrors.StatusError{ErrStatus: metav1.Status{Status: metav1.StatusFailure, Code: http.StatusInternalServerError,
			Message: "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."}}
	}
	if !isReady(pod) {
		st, policy := hit[0].Status, hit[0].Spec.UnhealthyPodEvictionPolicy
		if (policy != nil && *policy == policyv1.AlwaysAllow) || (st.CurrentHealthy >= st.DesiredHealthy && st.DesiredHealthy > 0) {
			return nil
		}
	}
	_, err := s.store.write(t, pod.Namespace, hit[0].Name, func(old *object) (map[string]any, bool, error) {
		pdb := &policyv1.PodDisruptionBudget{}
		if old == nil {
			return nil, true, nil
		}
		if err := fromMap(old.data, pdb); err != nil {
			return nil, false, err
		}
		if err := checkBudget(pdb); err != nil || dryRun {
			return nil, true, err
		}
		pdb.Status.DisruptionsAllowed--
		if pdb.Status.DisruptedPods == nil {
			pdb.Status.DisruptedPods = map[string]metav1.Time{}
		}
		pdb.Status.DisruptedPods[pod.Name] = metav1.Now()
		data, _, err := s.toMap(pdb)
		return data, false, err
	})
	return err
}

func isReady(pod *corev1.Pod) bool {
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}

// checkBudget says whether a budget has a disruption left, and if not why, in
// the API server's words.
func checkBudget(pdb *policyv1.PodDisruptionBudget) error {
	st := pdb.Status
	if st.ObservedGeneration < pdb.Generation {
		return budgetError(10, "The disruption budget %s is still being processed by the server.", pdb.Name)
	}
	if st.DisruptionsAllowed < 0 {
		return apierrors.NewForbidden(schema.GroupResource{Group: "policy", Resource: "poddisruptionbudget"}, pdb.Name, fmt.Errorf("pdb disruptions allowed is negative"))
	}
	if st.DisruptionsAllowed > 0 {
		return nil
	}
	cond := meta.FindStatusCondition(st.Conditions, policyv1.DisruptionAllowedCondition)
	told := cond != nil && cond.Status == metav1.ConditionFalse && cond.Message != ""
	switch {
	case told && cond.Reason == policyv1.SyncFailedReason:
		return budgetError(0, "The disruption budget %s does not allow evicting pods currently because it failed sync: %s", pdb.Name, cond.Message)
	case st.CurrentHealthy <= st.DesiredHealthy:
		return budgetError(0, "The disruption budget %s needs %d healthy pods and has %d currently", pdb.Name, st.DesiredHealthy, st.CurrentHealthy)
	case told:
		return budgetError(0, "The disruption budget %s does not allow evicting pods currently (%s): %s", pdb.Name, cond.Reason, cond.Message)
	}
	return budgetError(0, "The disruption budget %s does not allow evicting pods currently", pdb.Name)
}

func budgetError(retryAfter int, format string, args ...any) error {
	err := apierrors.NewTooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.", retryAfter)
	err.ErrStatus.Details.Causes = append(err.ErrStatus.Details.Causes,
		metav1.StatusCause{Type: policyv1.DisruptionBudgetCause, Message: sprintf(format, args...)})
	return err
}
