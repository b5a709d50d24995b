package incluster

import (
	"fmt"
	"time"
)

const day = 24 * time.Hour

// schedule is the line of cron that is due every so often. Cron begins anew each hour
// and each day, so that only what divides these leaves no gap of another length.
func schedule(every time.Duration) (string, error) {
	switch {
	case every < time.Minute:
		return "", fmt.Errorf("--every %v: a CronJob runs every minute at most; replacements that are due in between are done at their time all the same", every)
	case every == time.Minute:
		return "* * * * *", nil
	case every == time.Hour:
		return "0 * * * *", nil
	case every == day:
		return "0 0 * * *", nil
	case every < time.Hour && every%time.Minute == 0 && time.Hour%every == 0:
		return fmt.Sprintf("*/%d * * * *", int(every.Minutes())), nil
	case every > time.Hour && every < day && every%time.Hour == 0 && day%every == 0:
		return fmt.Sprintf("0 */%d * * *", int(every.Hours())), nil
	}
	return "", fmt.Errorf("--every %v: cron has no such interval; it has those that divide an hour (5m, 10m, 15m, 20m, 30m) or a day (1h, 2h, 3h, 4h, 6h, 8h, 12h, 24h)", every)
}

// minutes writes a whole number of minutes as Go reads it.
func minutes(d time.Duration) string { return fmt.Sprintf("%dm", int(d.Minutes())) }
