package spread

import "time"

// Look judges a pool as it is, without planning: by the figures of the window in the
// options, or else of Life/2N, which is returned, too. Errors are bad input.
func Look(pool Pool, options Options, now time.Time) (time.Duration, Figures, error) {
	options = options.WithDefaults()
	if err := check(pool, options); err != nil {
		return 0, Figures{}, err
	}
	t := newTask(pool, options, now)
	if t.window == 0 {
		t.window = max(1, int64(options.Life)/(2*int64(max(len(t.members), 1))))
	}
	return time.Duration(t.window), t.figures(t.eventsBefore(), t.period), nil
}
