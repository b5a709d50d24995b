package diagnose

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// aPod are edits that give the first pod a status, in the words of its container's.
func aPod(status string) []string {
	return []string{`    ready: true
    restartCount: 0
    image: cloud-sql-proxy:2.25.3
    imageID: ""
    state: {running: {startedAt: "2026-11-24T01:00:02Z"}}
`, status}
}

func event(reason, message, last string) (string, string) {
	return more(fmt.Sprintf(`apiVersion: v1
kind: Event
metadata: {name: e, namespace: shop}
involvedObject: {kind: Pod, namespace: shop, name: sql-proxy-7d4f9c6b5-aaaaa}
reason: %s
message: %q
lastTimestamp: %q
`, reason, message, last))
}

const (
	crashing = `    ready: false
    restartCount: 9
    lastState: {terminated: {exitCode: 1, reason: Error, finishedAt: "2026-11-25T11:57:11Z"}}
    state: {waiting: {reason: CrashLoopBackOff}}
`
	creating = `    ready: false
    state: {waiting: {reason: ContainerCreating}}
`
	firstPod = `  creationTimestamp: "2026-11-24T01:00:00Z"` + "\n"
	firstIP  = "  phase: Running\n  podIP: 10.0.1.7\n"
)

func TestRunsNear(t *testing.T) {
	t.Parallel()
	with := func(status string, edits ...string) []string { return append(aPod(status), edits...) }
	again := func(started string) string {
		return `    ready: true
    restartCount: 3
    lastState: {terminated: {exitCode: 0, reason: Completed, startedAt: "2026-11-25T10:00:00Z", finishedAt: "2026-11-25T11:20:00Z"}}
    state: {running: {startedAt: "` + started + `"}}
`
	}
	old, killed := event("Killing", "Container proxy failed liveness probe, will be restarted", "2026-11-25T11:20:00Z")
	_, others := event("Killing", "Container app failed liveness probe, will be restarted", "2026-11-25T11:20:00Z")
	_, early := event("Killing", "Container proxy failed liveness probe, will be restarted", "2026-11-25T10:40:00Z")
	_, mount := event("FailedMount", `MountVolume.SetUp failed for volume "key" : secret "sql-proxy" not found`, "2026-11-25T11:59:00Z")
	unscheduled := "  phase: Pending\n  conditions:\n  - {type: PodScheduled, status: \"False\", reason: Unschedulable, message: no nodes}\n"
	ready := `  - {type: Ready, status: "True", lastTransitionTime: "2026-11-24T01:00:20Z"}` + "\n"
	unready := strings.ReplaceAll(ready, "True", "False")
	checkNear(t, []near{
		{"again and again", "crash-loop", true, with(crashing)},
		{"a pod of a preempted node is history", "crash-loop", false, with(crashing, firstIP, "  phase: Failed\n  reason: Terminated\n")},
		{"a pod on its way out is history", "crash-loop", false, with(crashing, firstPod, firstPod+"  deletionTimestamp: \"2026-11-25T11:59:00Z\"\n")},
		{"once, and it runs since", "crash-loop", false, with(again("2026-11-25T11:20:01Z"))},
		{"killed for memory is another matter", "crash-loop", false, with(strings.ReplaceAll(crashing, "reason: Error", "reason: OOMKilled"))},
		{"killed for memory", "oom-killed", true, with(strings.ReplaceAll(crashing, "reason: Error", "reason: OOMKilled"))},
		{"killed for memory long ago", "oom-killed", false, with(`    ready: true
    restartCount: 1
    lastState: {terminated: {exitCode: 137, reason: OOMKilled, finishedAt: "2026-11-23T11:57:11Z"}}
    state: {running: {startedAt: "2026-11-23T11:57:12Z"}}
`)},
		{"the kubelet ended it", "liveness-restarts", true, with(again("2026-11-25T11:55:00Z"), old, killed)},
		{"the kubelet ended it, and it has run since", "liveness-restarts", false, with(again("2026-11-25T11:21:00Z"), old, killed)},
		{"it ended another container", "liveness-restarts", false, with(again("2026-11-25T11:55:00Z"), old, others)},
		{"an event of more than an hour ago", "liveness-restarts", false, with(again("2026-11-25T11:55:00Z"), old, early)},
		{"a pod that has just been made", "container-creating", false, with(creating, firstPod, "  creationTimestamp: \"2026-11-25T11:59:30Z\"\n")},
		{"a pod that waits", "container-creating", true, with(creating)},
		{"an application waits", "container-creating", false, with(creating, sidecar()...)},
		{"an application waits for its own volume", "container-creating", false, with(creating, sidecar(old, mount)...)},
		{"a sidecar waits for its volume", "container-creating", true, with(creating, sidecar(old, mount, resources, "        volumeMounts: [{name: key, mountPath: /key}]\n"+resources)...)},
		{"no node for an application", "not-scheduled", false, append(sidecar(), "  phase: Running\n  podIP: 10.0.1.7\n  conditions:\n"+ready, unscheduled)},
		{"no node", "not-scheduled", true, []string{"  phase: Running\n  podIP: 10.0.1.7\n  conditions:\n" + ready, unscheduled}},
		{"it has just been started", "not-ready", false, with(`    ready: false
    started: false
    state: {running: {startedAt: "2026-11-25T11:59:30Z"}}
`)},
		{"it takes long", "not-ready", true, with(`    ready: false
    started: false
    state: {running: {startedAt: "2026-11-25T11:57:30Z"}}
`)},
		{"another container is not ready", "not-ready", false, []string{ready, unready}},
		{"a rollout of an application", "rollout-stuck", false, sidecar("  updatedReplicas: 2\n", `  updatedReplicas: 1
  conditions: [{type: Progressing, status: "False", reason: ProgressDeadlineExceeded, message: late}]
`)},
	})
}

// TestSeverityOfRuns: where another pod serves, one that does not is a warning.
func TestSeverityOfRuns(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		name string
		all  bool
		want string
	}{{"one of two", false, "warning"}, {"both", true, "error"}} {
		edits := aPod(crashing)
		edits = append(edits, `  - {type: Ready, status: "True", lastTransitionTime: "2026-11-24T01:00:20Z"}`, `  - {type: Ready, status: "False"}`)
		if one.all {
			edits = append(edits, `  - {type: Ready, status: "True", lastTransitionTime: "2026-11-24T02:00:20Z"}`, `  - {type: Ready, status: "False"}`)
		}
		got := ""
		for _, f := range edited(t, "ok", edits...).check(t).Findings {
			if f.ID == "crash-loop" {
				got = string(f.Severity)
			}
		}
		if got != one.want {
			t.Errorf("%s: %q, want %s", one.name, got, one.want)
		}
	}
}

// TestNearerIsNoCause: a listener that nobody reaches ends no pod; a probe that asks where
// nobody answers does.
func TestNearerIsNoCause(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		name, without string
		caused        bool
	}{{"listener", address, false}, {"probe", "        - --http-address=0.0.0.0\n", true}} {
		report := edited(t, "ok", append(aPod(crashing), one.without, "")...).check(t)
		if got := idsOf(report); !slices.Contains(got, "crash-loop") {
			t.Fatalf("%s: finds %v", one.name, got)
		}
		for _, f := range report.Findings {
			if f.ID == "crash-loop" && (f.Because != nil) != one.caused {
				t.Errorf("%s: crash-loop is because of %v", one.name, f.Because)
			}
		}
	}
}
