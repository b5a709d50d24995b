package recreate

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// retry says how long and how often something is tried.
type retry struct {
	total time.Duration // for all attempts and the pauses between them
	first time.Duration // the first pause; each is twice the one before, with jitter
}

// maxPause is the longest pause that is taken unless the server asks for a longer one.
const maxPause = 30 * time.Second

// final marks an error that trying again does not change.
type final struct{ error }

func (f final) Unwrap() error { return f.error }

// do calls attempt until it succeeds, fails for good, or the time is over. attempt
// returns with its error how long to wait at least.
func (r retry) do(ctx context.Context, attempt func(context.Context) (time.Duration, error)) error {
	end := time.Now().Add(r.total)
	bounded, cancel := context.WithDeadline(ctx, end)
	defer cancel()
	pause := r.first
	for tries := 1; ; tries++ {
		atLeast, err := attempt(bounded)
		var over final
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.As(err, &over):
			return over.error
		}
		wait := max(atLeast, pause/2+rand.N(pause/2+1))
		if time.Now().Add(wait).After(end) {
			if tries == 1 {
				return err
			}
			return fmt.Errorf("%w (tried %d times)", err, tries)
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return ctx.Err()
		}
		pause = min(2*pause, maxPause)
	}
}
