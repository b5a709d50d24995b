package main

import (
	"strings"
	"testing"
	"time"
)

// A file in which nothing stands, or of which nothing old is wanted, holds
// nobody up.
func TestQuietFilesDoNotHoldUpOthers(t *testing.T) {
	for _, tail := range []string{"-1", "0"} {
		t.Run("tail "+tail, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t, localShells["dash"])
			m.pod("web-0")
			log := m.pod("web-1")
			m.text("web-0", "app.log", map[string]string{"-1": "", "0": "an old line\n"}[tail])
			m.text("web-1", "app.log", "")
			began := time.Now()
			run := m.follow("--file", "app.log", "--stdout", "--tail="+tail)
			run.Until("a line of the container", func() bool {
				log.Write("from the container")
				return strings.Contains(run.Out.String(), "from the container")
			})
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("the first line came after %s", took)
			}
		})
	}
}

// The last lines are counted once: what is written meanwhile is not among them.
func TestLastLinesOfAFileThatGrows(t *testing.T) {
	m := newMachine(t, localShells["dash"])
	m.pod("web-0")
	m.write("web-0", "app.log", 1, 100)
	stop := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for i := 101; ; i++ {
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
				m.write("web-0", "app.log", i, i)
			}
		}
	}()
	run := m.follow("--file", "app.log", "--no-follow", "--tail=3")
	if err := run.Wait(); err != nil {
		t.Error(err)
	}
	close(stop)
	<-ended
	if n := strings.Count(run.Out.String(), "\n"); n != 3 || !strings.HasSuffix(run.Out.String(), " end\n") {
		t.Errorf("%d lines: %q", n, run.Out.String())
	}
}
