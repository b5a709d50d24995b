package source

import (
	"context"
	"time"
)

// grace is how long a stream of an instance that is gone may stay silent: it
// should end by itself, but a node that vanished does not end it.
const grace = 3 * time.Second

// guard cancels a follow stream that outlives its instance. Only a stream from
// which nothing comes is cancelled, not one whose lines wait for a slow reader.
func (r *Reader) guard(ctx context.Context, cancel context.CancelFunc, id string) {
	for ctx.Err() == nil {
		now, changed := r.State.Get()
		if !now.Gone && !now.Ended && now.ID == id {
			Wait(ctx, changed, 0)
			continue
		}
		since := r.readingSince.Load()
		if since != 0 && time.Since(time.Unix(0, since)) > grace {
			cancel()
			return
		}
		Wait(ctx, nil, grace/6)
	}
}
