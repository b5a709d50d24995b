//go:build e2e

package e2e

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// loader is an application without a pool, which opens several connections a second: see
// scripts/cluster/images/sqlload.
type loader struct{ w *world }

// enough is how many connections a test must see for its verdict to mean anything.
const enough = 40

// attempt is one connection.
type attempt struct {
	at    float64 // seconds since 1970, when it began
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
    image: ` + sqlload + `
    ` + restrictedContainer + `
    args: ["-to=` + host + `:5432", -user=probe, -database=shop, -workers=6, -pause=100ms]`)
	l := &loader{w}
	w.ns.Running("app=load", 1)
	w.ns.Until("answers", 3*time.Minute, func() error {
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
		at, err := strconv.ParseFloat(fields[0], 64)
		if err != nil {
			l.w.t.Fatalf("the loader says %q", line)
		}
		took, err := strconv.ParseFloat(fields[1], 64)
		if err != nil {
			l.w.t.Fatalf("the loader says %q", line)
		}
		one := attempt{at: at, took: took}
		if len(fields) == 3 {
			one.error = fields[2]
		}
		all = append(all, one)
	}
	return all
}

// during runs do under load and returns the attempts of the meantime and of some time
// after it, all of which, and those that failed.
func (l *loader) during(do func()) (all, failed []attempt) {
	l.w.t.Helper()
	before := len(l.attempts())
	do()
	after := len(l.attempts())
	l.w.ns.Until("connections after it", 2*time.Minute, func() error {
		all = l.attempts()
		if len(all) < after+enough/2 || len(all) < before+enough {
			return fmt.Errorf("%d connections before it, %d at its end, %d now", before, after, len(all))
		}
		return nil
	})
	all = all[before:]
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
