//go:build e2e

package e2e

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// loader is an application without a pool: three loops that each open a connection, ask,
// and close it, some times a second, for as long as they live.
type loader struct{ w *world }

// attempt is one connection.
type attempt struct {
	at    float64 // seconds since the boot of the host, when it began
	took  float64 // seconds
	error string  // empty when the answer came
}

// loadOn starts the loader on a node, for a PostgreSQL at host:5432, and waits until it gets answers.
func (w *world) loadOn(node, host string) *loader {
	w.t.Helper()
	w.apply(`
apiVersion: v1
kind: Pod
metadata: {name: load, labels: {app: load, sqlproxy-client: "true"}}
spec:
  nodeSelector: {kubernetes.io/hostname: ` + node + `}
  terminationGracePeriodSeconds: 1
  ` + restrictedPod + `
  containers:
  - name: load
    image: $postgres
    ` + restrictedContainer + `
    env:
    - {name: PGHOST, value: ` + host + `}
    - {name: PGUSER, value: ` + user + `}
    - {name: PGPASSWORD, value: ` + password + `}
    - {name: PGDATABASE, value: shop}
    - {name: PGSSLMODE, value: disable}
    - {name: PGCONNECT_TIMEOUT, value: "20"}
    command:
    - sh
    - -c
    - |
      now() { read -r up rest </proc/uptime; }
      loop() {
        while :; do
          now; began=$up
          answer=$(psql -XAtqc 'select 42' 2>&1); code=$?
          now
          [ "$code $answer" = '0 42' ] && answer=
          echo "$began $up" $answer
          sleep 0.25
        done
      }
      loop & loop & loop`)
	l := &loader{w}
	w.ns.Running("app=load", 1)
	w.ns.Until("answers", time.Minute, func() error {
		all := l.attempts()
		if len(all) == 0 || all[len(all)-1].error != "" {
			return fmt.Errorf("%d attempts, the last one %+v", len(all), all[max(0, len(all)-1):])
		}
		return nil
	})
	return l
}

// attempts are all that have ended.
func (l *loader) attempts() []attempt {
	l.w.t.Helper()
	var all []attempt
	for line := range strings.Lines(l.w.ns.Kubectl("logs", "-n", l.w.ns.Name, "load", "--tail=-1")) {
		fields := strings.SplitN(strings.TrimSpace(line), " ", 3)
		if len(fields) < 2 {
			l.w.t.Fatalf("the loader says %q", line)
		}
		began, err := strconv.ParseFloat(fields[0], 64)
		if err != nil {
			l.w.t.Fatalf("the loader says %q", line)
		}
		ended, err := strconv.ParseFloat(fields[1], 64)
		if err != nil {
			l.w.t.Fatalf("the loader says %q", line)
		}
		one := attempt{at: began, took: ended - began}
		if len(fields) == 3 {
			one.error = fields[2]
		}
		all = append(all, one)
	}
	return all
}

// during runs do under load and for some time after, and returns the attempts of the
// meantime, all of which, and those that failed.
func (l *loader) during(after time.Duration, do func()) (all, failed []attempt) {
	l.w.t.Helper()
	before := len(l.attempts())
	do()
	time.Sleep(after)
	all = l.attempts()[before:]
	slowest := 0.0
	for _, one := range all {
		slowest = max(slowest, one.took)
		if one.error != "" {
			failed = append(failed, one)
		}
	}
	l.w.t.Logf("%d connections, %d failed; the slowest took %.2f s", len(all), len(failed), slowest)
	for _, one := range failed {
		l.w.t.Logf("failed after %.2f s: %s", one.took, one.error)
	}
	return all, failed
}
