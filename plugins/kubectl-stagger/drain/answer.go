package drain

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubechores/kubechores/pkg/kube"
)

// answer is what the API's answer to an eviction means.
type answer int

const (
	accepted    answer = iota
	absent             // there is no such pod, as the next look will confirm
	blocked            // by a disruption budget, for now
	terminating        // the namespace takes no evictions, and deletes its pods by itself
	failed             // the API; it may do better later
	hopeless           // nothing will change the answer
	unanswered         // the drain has ended
)

func answerOf(err error) answer {
	var status apierrors.APIStatus
	switch {
	case err == nil:
		return accepted
	case errors.Is(err, errUnanswered):
		return unanswered
	case !errors.As(err, &status):
		return failed // no connection, or none any more
	}
	switch code := status.Status().Code; {
	case code == http.StatusNotFound:
		return absent
	case apierrors.HasStatusCause(err, policyv1.DisruptionBudgetCause), budgetForbids(status):
		return blocked
	case code == http.StatusForbidden && apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause):
		return terminating
	case manyBudgets(err):
		return hopeless
	// Conflict: another pod has this name by now, or the pod changed that very
	// moment; the next look tells. Unauthorized: credentials are renewed after it.
	case code == http.StatusConflict, code == http.StatusUnauthorized, code == http.StatusTooManyRequests, code >= 500:
		return failed
	}
	return hopeless
}

// kindOf tells failures apart that a reader would: connections break in many words.
func kindOf(err error) string {
	var status apierrors.APIStatus
	if errors.As(err, &status) {
		return fmt.Sprint(status.Status().Code, status.Status().Reason)
	}
	return "no connection"
}

// budgetForbids is the other form of a budget's refusal: too many evictions are not
// yet confirmed (checkAndDecrement in pkg/registry/core/pod/storage/eviction.go).
func budgetForbids(status apierrors.APIStatus) bool {
	s := status.Status()
	return s.Code == http.StatusForbidden && s.Details != nil && s.Details.Group == policyv1.GroupName && strings.HasPrefix(s.Details.Kind, "poddisruptionbudget")
}

func manyBudgets(err error) bool {
	return err != nil && strings.Contains(err.Error(), "more than one PodDisruptionBudget")
}

// explain says which budget holds the pod back, in its numbers when it can be read,
// else in the words of the API; unread is why it cannot.
func (r *run) explain(ctx context.Context, v Victim, err error) (hold *Hold, unread error) {
	name, words := blame(err)
	hold = &Hold{Namespace: v.Namespace, Name: name, Outlook: ForNow, Reason: words}
	if name == "" {
		return hold, nil
	}
	var budget *policyv1.PodDisruptionBudget
	unread = r.opts.request(ctx, func(ctx context.Context) (err error) {
		budget, err = kube.ObjectsOf[policyv1.PodDisruptionBudget](r.Cluster, budgetResource, v.Namespace).Get(ctx, name)
		return err
	})
	if unread != nil {
		return hold, unread
	}
	if stuck := Stuck(budget); stuck != nil {
		return stuck, nil
	}
	return hold, nil // it lets one go by now: its numbers would contradict the answer
}

// blame finds the budget's name and the API's words in its answer.
func blame(err error) (name, words string) {
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		return "", err.Error()
	}
	cause, ok := apierrors.StatusCause(err, policyv1.DisruptionBudgetCause)
	if !ok {
		if details := status.Status().Details; details != nil {
			name = details.Name
		}
		return name, err.Error()
	}
	if rest, ok := strings.CutPrefix(cause.Message, "The disruption budget "); ok {
		name, _, _ = strings.Cut(rest, " ")
	}
	if cause.Message == "" {
		return name, err.Error()
	}
	return name, cause.Message
}

// explainMany is the error of a pod that more than one budget has come to select since
// the plan was made, or that could not be seen then.
func (r *run) explainMany(ctx context.Context, v Victim) error {
	text := "more than one disruption budget selects it, and the API does not evict such pods: leave one of them"
	budgets, err := r.budgetsIn(ctx, v.Namespace)
	if found := names(guards(v.labels, v.Namespace, budgets)); err == nil && len(found) > 1 {
		text += " (" + strings.Join(found, ", ") + ")"
	} else {
		text += fmt.Sprintf(" (kubectl get pdb -n %s)", v.Namespace)
	}
	return errors.New(text)
}
