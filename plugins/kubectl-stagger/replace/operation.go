package replace

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// firstPoll is the time to the second question about an operation.
const firstPoll = 100 * time.Millisecond

// carriedOut waits until the machine goes for sure. When that has failed, the machine
// lives on: the node is put back into service, which would be without a Node object if
// that had been deleted on the word of the API alone. After Ctrl-C it waits for some
// seconds more, since operations are carried out in seconds.
func (r *Replacer) carriedOut(ctx context.Context, record *attempt) error {
	patience := orDefault(r.SuccessorTimeout, successorTime)
	waiting, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("node %s: what %s has accepted was not carried out within %v; the run goes on from here when it is started again", record.Node, r.Recreator.Name(), patience))
	defer cancel()
	err := r.pollOperation(waiting, record)
	if err != nil && ctx.Err() != nil {
		err = detached(ctx, lastWords, func(ctx context.Context) error { return r.pollOperation(ctx, record) })
	}
	var failed *operationError
	if !errors.As(err, &failed) {
		return err
	}
	return r.refused(ctx, record, failed.error)
}

// operationError says that the cloud did not do what it had accepted.
type operationError struct{ error }

func (e *operationError) Unwrap() error { return e.error }

// pollOperation asks until the operation is done, or has failed: often at first, since
// the Node object has to go before the next machine takes it over.
func (r *Replacer) pollOperation(ctx context.Context, record *attempt) error {
	for pause := firstPoll; ; pause = min(2*pause, orDefault(r.Poll, pollTime)) {
		done, err := r.Recreator.Done(ctx, record.Operation)
		switch {
		case done && err != nil:
			return &operationError{err}
		case done:
			return nil
		case ctx.Err() != nil && err != nil:
			return fmt.Errorf("%w; the last answer: %w", context.Cause(ctx), err)
		case ctx.Err() != nil:
			return context.Cause(ctx)
		}
		sleep(ctx, pause)
	}
}
