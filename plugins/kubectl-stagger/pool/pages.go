package pool

import (
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// pageSize is how many objects a list request asks for.
const pageSize = 500

// pages calls read for each page of a list; read returns what the page says in
// Continue. A list that takes so long that the state it began with is gone goes on
// in the present state: some objects may then be missed or stale, which a count of
// thousands of pods can bear.
func pages(read func(metav1.ListOptions) (next string, err error)) error {
	opts := metav1.ListOptions{Limit: pageSize}
	for renewed := false; ; {
		next, err := read(opts)
		if apierrors.IsResourceExpired(err) && !renewed {
			if next = renewal(err); next != "" {
				renewed, opts.Continue = true, next
				continue
			}
		}
		if err != nil || next == "" {
			return err
		}
		renewed, opts.Continue = false, next
	}
}

// renewal is the token with which a list may go on that has expired.
func renewal(err error) string {
	var status apierrors.APIStatus
	if errors.As(err, &status) {
		return status.Status().Continue
	}
	return ""
}
