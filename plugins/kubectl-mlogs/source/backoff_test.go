package source

import (
	"testing"
	"time"
)

func TestPauses(t *testing.T) {
	var f Backoff
	for round := range 2 {
		if got := f.Pause(); got != 10*time.Millisecond {
			t.Errorf("round %d: the pause after progress is %v, want 10ms", round, got)
		}
		// Then 250 ms, doubled each time up to 10 s, less up to a half.
		for n, longest := 0, 250*time.Millisecond; n < 100; n++ {
			if got := f.Pause(); got < longest/2 || got > longest {
				t.Errorf("round %d: pause %d is %v, want %v to %v", round, n, got, longest/2, longest)
			}
			longest = min(2*longest, 10*time.Second)
		}
		f.Progress()
	}
}

func TestPausesVary(t *testing.T) {
	seen := map[time.Duration]bool{}
	for range 50 {
		f := Backoff{InRow: 5}
		seen[f.Pause()] = true
	}
	if len(seen) < 10 {
		t.Errorf("50 sources wait only %d different times: they would come back together", len(seen))
	}
}

func TestFromKubelet(t *testing.T) {
	for line, want := range map[string]bool{
		"failed to create fsnotify watcher: too many open files":                               true,
		`failed to watch "/var/log/pods/x": no space left on device`:                           true,
		"unable to retrieve container logs for containerd://abc":                               true,
		`rpc error: code = NotFound desc = an error occurred`:                                  true,
		"failed to try resolving symlinks in path \"/x\": lstat /x: no such file or directory": true,
		"":                             false,
		"failed":                       false,
		"rpc error":                    false,
		"the app: failed to watch":     false,
		"Failed to watch":              false,
		"rest of an overlong log line": false,
	} {
		if got := fromKubelet([]byte(line)); got != want {
			t.Errorf("fromKubelet(%q) = %v, want %v", line, got, want)
		}
	}
}
