package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/kubechores/kubechores/pkg/kubetest"
)

// Everything that can happen to a file and to the streams, in random order. All
// lines can be had, so that none may be missing or be printed twice, nor a gap be told.
func TestFilesThroughChaos(t *testing.T) {
	for seed := range uint64(2) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			c := &chaos{machine: newMachine(t, []([]string){{"dash"}, {"busybox", "sh"}, {"bash"}}[seed%3]), rnd: rand.New(rand.NewPCG(seed, 1)), copies: seed%2 == 1}
			c.pod("web-0")
			c.more()
			run := c.follow("--file", "app.log")
			run.Prints(numbered(c.last))
			for ended := time.Now().Add(6 * time.Second); time.Now().Before(ended); {
				c.step()
				time.Sleep(time.Duration(c.rnd.IntN(400)) * time.Millisecond)
			}
			c.more()
			run.Until(fmt.Sprint("line ", c.last), func() bool { return strings.Contains(run.Out.String(), numbered(c.last)) })
			time.Sleep(500 * time.Millisecond) // for what might come twice
			c.check(run)
		})
	}
}

// chaos is a machine on which much happens.
type chaos struct {
	*machine
	rnd  *rand.Rand
	last int // line that was written
	// copies: the file is copied and truncated, instead of being renamed.
	copies    bool
	truncated time.Time
	acts      []string
}

func (c *chaos) more() {
	n := 1 + c.rnd.IntN(200)
	c.write("web-0", "app.log", c.last+1, c.last+n)
	c.last += n
}

func (c *chaos) step() {
	renames, copies := 1, 0
	if c.copies {
		renames, copies = 0, 1
	}
	acts := []struct {
		name  string
		often int
		do    func()
	}{
		{"writes", 10, c.more},
		{"is rotated", 4 * renames, func() { c.shift("web-0", "app.log", 40); c.more() }},
		{"is rotated, with late lines", 3 * renames, c.lateRotation},
		{"is rotated twice", 1 * renames, func() { c.shift("web-0", "app.log", 40); c.more(); c.shift("web-0", "app.log", 40); c.more() }},
		{"is copied and truncated", 4 * copies, c.truncation},
		{"the streams end", 3, func() { c.srv.CutExecs(kubetest.Clean) }},
		{"the streams break", 3, func() { c.srv.CutExecs(kubetest.Reset) }},
		{"the agents are killed", 1, func() { c.srv.KillExecs(137) }},
		{"the API server restarts", 1, c.outage},
	}
	all := 0
	for _, a := range acts {
		all += a.often
	}
	n := c.rnd.IntN(all)
	for _, a := range acts {
		if n -= a.often; n < 0 {
			c.acts = append(c.acts, fmt.Sprintf("%s %s (%d)", time.Now().Format("05.000"), a.name, c.last))
			a.do()
			return
		}
	}
}

// lateRotation: the program writes on to the old file, until it opens the new one.
func (c *chaos) lateRotation() {
	f, err := os.OpenFile(c.path("web-0", "app.log"), os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		c.t.Fatal(err)
	}
	defer f.Close()
	c.shift("web-0", "app.log", 40)
	if c.rnd.IntN(2) == 0 {
		c.text("web-0", "app.log", "")
	}
	for range c.rnd.IntN(4) {
		time.Sleep(time.Duration(c.rnd.IntN(300)) * time.Millisecond)
		for range 20 {
			c.last++
			fmt.Fprintln(f, numbered(c.last))
		}
	}
	c.more()
}

// truncation leaves no time in which lines could get lost between copy and
// truncation. What is truncated before anything of it was looked at is lost.
func (c *chaos) truncation() {
	if time.Since(c.truncated) < 2*time.Second {
		return
	}
	c.truncated = time.Now()
	for n := 40; n > 1; n-- {
		_ = os.Rename(c.path("web-0", fmt.Sprint("app.log.", n-1)), c.path("web-0", fmt.Sprint("app.log.", n)))
	}
	c.copyTruncate("web-0", "app.log", "app.log.1")
	c.more()
}

func (c *chaos) outage() {
	c.srv.Down()
	for range c.rnd.IntN(3) {
		c.more()
		switch {
		case c.rnd.IntN(2) == 0:
		case c.copies:
			c.truncation()
		default:
			c.shift("web-0", "app.log", 40)
			c.more()
		}
		time.Sleep(200 * time.Millisecond)
	}
	if err := c.srv.Up(); err != nil {
		c.t.Fatal(err)
	}
}

func (c *chaos) check(run *invocation) {
	c.t.Helper()
	gaps := strings.Contains(run.Err.String(), "gap:")
	var lost, twice []int
	counts := tally(run.Out.String(), "web-0", "app app.log")
	for i := 1; i <= c.last; i++ {
		if counts[i] == 0 {
			lost = append(lost, i)
		} else if counts[i] > 1 {
			twice = append(twice, i)
		}
	}
	if len(twice) > 0 || counts[-1] > 0 || len(lost) > 0 || gaps {
		c.t.Errorf("of %d lines %d are lost (from %v), %d printed twice (from %v), %d torn; a gap was told: %v\n%s\nstderr:\n%s",
			c.last, len(lost), first(lost), len(twice), first(twice), counts[-1], gaps, strings.Join(c.acts, "\n"), run.Err.String())
	}
	c.t.Logf("%d lines, %d acts, %d execs, %d lost, gap told: %v", c.last, len(c.acts), c.execs(), len(lost), gaps)
}

func first(all []int) []int { return all[:min(len(all), 3)] }
