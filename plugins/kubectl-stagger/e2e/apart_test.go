//go:build e2e

package e2e

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/kubechores/kubechores/pkg/kubetest/realcluster"
)

// A pool of one age is spread with the fewest deletions before it dies together, and
// no workload loses more than its budget allows. A life is 5 minutes here, not 24 h.
func TestSpread(t *testing.T) {
	ns := realcluster.New(t)
	const size, life, window, boot = 30, 300 * time.Second, 3 * time.Second, 2 * time.Second
	p := newPool(t, ns, size, life)
	ns.Apply(p.deployment("web", 40), budget("web", "", "2"), p.linger(t, p.statefulSet("db", 6)), budget("db", "5", ""), p.daemonSet("agent"))
	ns.Running("app=web", 40)
	ns.Running("app=db", 6)
	ns.Running("app=agent", size)
	counted(ns, "web", 40)
	counted(ns, "db", 6)
	p.cloud.crowd() // their lives begin now, however long the pods took
	flags := []string{"--compress", "--max-age", life.String(), "--window", window.String(), "--drain-time", "2s", "--boot-time", boot.String()}

	plan := p.plan(t, flags...)
	if plan.LowerBound != size-1 || plan.Deletions != size-1 {
		t.Errorf("the plan makes %d deletions and says that %d are the fewest, want %d", plan.Deletions, plan.LowerBound, size-1)
	}
	pods, nodes := watchPods(t, ns), watchNodes(t, p)
	before := crowded(p.deaths(t, life), life+boot, window)
	run := p.start(t, "nodepool", append(flags, "--watch", "--yes")...)
	if code := run.WaitFor(life + 2*time.Minute); code != 0 {
		t.Fatalf("exit code %d", code)
	}

	after := crowded(p.deaths(t, life), life+boot, window)
	t.Logf("a window of %s took %d of %d nodes before, and takes %d now", window, before, size, after)
	if before != size || after > 1 {
		t.Errorf("a window takes %d nodes, before it was %d; want 1, and %d", after, before, size)
	}
	p.expectReplaced(t, nodes, size-1)
	pods.atLeast("web", 38)
	pods.atLeast("db", 5)
	if most := nodes.mostCordoned(); most != 1 {
		t.Errorf("%d nodes were cordoned at once, want 1", most)
	}
	p.expectClean(t)
	t.Logf("the run's last word: %s", lastLine(run.Stderr()))
}

// planDocument is what is needed of a plan's JSON.
type planDocument struct {
	Deletions, LowerBound int
	Steps                 []struct {
		Node string
		At   time.Time
	}
	Blockers []string
}

// plan asks for a plan without carrying it out.
func (p *gkePool) plan(t *testing.T, flags ...string) planDocument {
	t.Helper()
	run := p.start(t, "nodepool", append(flags, "--dry-run", "-o", "json")...)
	if code := run.WaitFor(patience); code != 0 {
		t.Fatalf("--dry-run: exit code %d: %s", code, run.Stderr())
	}
	var plan planDocument
	if err := json.Unmarshal([]byte(run.Stdout()), &plan); err != nil {
		t.Fatalf("--dry-run -o json: %v\n%s", err, run.Stdout())
	}
	return plan
}

// deaths are when the machines that are there now die of their age.
func (p *gkePool) deaths(t *testing.T, life time.Duration) []time.Time {
	t.Helper()
	var deaths []time.Time
	for _, n := range p.nodes {
		deaths = append(deaths, p.cloud.started(t, n).Add(life))
	}
	return deaths
}

// crowded counts the deaths in the window that has most of them, where all deaths
// come again with the period.
func crowded(deaths []time.Time, period, window time.Duration) int {
	most := 0
	for _, from := range deaths {
		n := 0
		for _, at := range deaths {
			if after := at.Sub(from) % period; (after+period)%period < window {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

// expectReplaced checks that so many machines were asked to be made anew, none of them
// twice, and that each time another machine has come.
func (p *gkePool) expectReplaced(t *testing.T, nodes *nodeWatch, want int) {
	t.Helper()
	arrived, died := p.cloud.fates()
	recreated, total := p.cloud.recreated(), 0
	for _, n := range p.nodes {
		asked, seen := recreated[n.Name], nodes.machines(n.Name)
		if asked > 1 || arrived[n.Name] != asked+died[n.Name] || seen != 1+arrived[n.Name] {
			t.Errorf("node %s: its machine was asked to be made anew %d times and died %d times; %d came, and the cluster saw %d in all",
				n.Name, asked, died[n.Name], arrived[n.Name], seen)
		}
		total += asked
	}
	if total != want {
		t.Errorf("%d machines were made anew, want %d", total, want)
	}
	t.Logf("%d of %d machines were made anew, each another one than before; %d died of age meanwhile", total, len(p.nodes), len(died))
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return lines[len(lines)-1]
}
