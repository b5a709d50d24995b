package file

import (
	"context"
	"errors"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/streaming/pkg/httpstream"

	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/source"
)

// What may end a session, apart from the connection.
var (
	errReplaced       = errors.New("the file has been replaced while it was being opened")
	errTruncated      = errors.New("the file has been truncated")
	errContainerEnded = errors.New("the container has ended")
	errNotRunning     = errors.New("the container does not run, and its files cannot be read")
	errBinary         = errors.New("this looks like a binary file, not a log")
)

// problem is a file that cannot be read.
type problem struct {
	text string
	may  bool // it may come
}

func (p *problem) Error() string { return p.text }

// describe puts the agent's word for a problem into ours.
func describe(kind, rest string) *problem {
	switch kind {
	case "missing":
		return &problem{"there is no such file", true}
	case "gone":
		return &problem{"the file is gone", true}
	case "denied":
		return &problem{"permission denied: the container's user may not read the file", false}
	case "directory":
		return &problem{"this is a directory; name the files in it, as in --file 'DIR/*.log'", false}
	}
	if rest != "" {
		return &problem{fmt.Sprintf("this is a link to %s, no file; what the container writes there is in its own log: leave out --file, or add --stdout", rest), false}
	}
	return &problem{"this is a device, a pipe or a socket, not a file", false}
}

// isOther reports whether an error says that a file has another text than was read.
func isOther(err error) bool {
	return errors.Is(err, errOther) || errors.Is(err, errEmptied) || errors.Is(err, errTruncated)
}

// judge decides after a session whether to go on; what must be told is told.
func (r *Reader) judge(ctx context.Context, err error) bool {
	var unreadable *problem
	switch {
	case ctx.Err() != nil:
		return false
	case isOther(err):
		r.truncated, r.emptied = true, errors.Is(err, errEmptied)
		return true
	case errors.Is(err, errReplaced), errors.Is(err, errStalled), errors.Is(err, errMoved):
		return true
	case errors.Is(err, errNoShell), errors.Is(err, errBare), errors.Is(err, errBinary), errors.As(err, &unreadable):
		r.report(source.Event{Kind: source.Failed, Err: err})
		return false
	case forbidden(err) && (r.cur == nil || r.cur.id == ""): // an API server that starts refuses what it has allowed before
		r.report(source.Event{Kind: source.Refused, Err: err})
		return false
	}
	r.cut = r.cut || r.cur != nil
	r.Refresh(ctx)
	r.setCaughtUp()
	now, changed := r.State.Get()
	if now.Gone || now.Ended || now.ID != r.instance {
		return true
	}
	if r.backoff.InRow > 1 && r.trouble == "" {
		r.trouble = err.Error()
		r.report(source.Event{Kind: source.Retrying, Err: err})
	}
	source.Wait(ctx, changed, r.backoff.Pause())
	return true
}

// forbidden: a 403 on the upgrade comes wrapped in an upgrade failure, and over
// SPDY only its words are left.
func forbidden(err error) bool {
	var upgrade *httpstream.UpgradeFailureError
	if errors.As(err, &upgrade) {
		err = upgrade.Cause
	}
	return apierrors.IsForbidden(err) || err != nil && strings.HasPrefix(err.Error(), "unable to upgrade connection: ") && strings.Contains(err.Error(), " is forbidden: ")
}

// well is told that the file is there and can be read.
func (r *Reader) well() {
	switch {
	case r.trouble != "":
		r.report(source.Event{Kind: source.Recovered})
	case r.cut:
		r.report(source.Event{Kind: source.Reopened})
	}
	r.trouble, r.cut = "", false
}

// WantsDebug reports whether a failure is one that an ephemeral container cures.
func WantsDebug(err error) bool { return errors.Is(err, errNoShell) || errors.Is(err, errBare) }
