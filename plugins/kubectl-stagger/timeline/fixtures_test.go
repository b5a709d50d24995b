package timeline

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-stagger/spread"
)

var noon = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

func at(hours, minutes int) time.Time {
	return noon.Add(time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute)
}

func node(i int) string { return fmt.Sprintf("gke-shop-preemptible-8f3ac21d-%04x", i*7919%65536) }

// bunch has n nodes of which all but two die from 14:02 to 14:09.
func bunch(n int) []spread.Death {
	deaths := []spread.Death{{Node: node(n - 2), At: at(8, 0)}, {Node: node(n - 1), At: at(16, 30)}}
	for i := range n - 2 {
		deaths = append(deaths, spread.Death{Node: node(i), At: at(2, 2).Add(time.Duration(i) * 7 * time.Minute / time.Duration(n-3))})
	}
	return deaths
}

// apart has n nodes that are drained one after the other, but for the first.
func apart(n int) []spread.Death {
	var deaths []spread.Death
	gap := 24 * time.Hour / time.Duration(n)
	for i := range n {
		deaths = append(deaths, spread.Death{Node: node(i), At: noon.Add(gap/2 + time.Duration(i)*gap), Drained: i > 0})
	}
	return deaths
}

// plan is the main picture: before and after.
func plan(n int) *Chart {
	window := 12 * time.Hour / time.Duration(n)
	return &Chart{
		Title: fmt.Sprintf("Node pool preemptible: %d nodes", n),
		From:  noon, Nodes: n, Window: window, Max: 1,
		Series: []Series{{Title: "If nobody does anything", Deaths: bunch(n)}, {Title: "With this plan", Deaths: apart(n)}},
	}
}

// late is a plan that cannot move most nodes before they die together once more;
// two nodes are of unknown start.
func late(n int) *Chart {
	c := plan(n)
	for i, d := range c.Series[1].Deaths {
		if i > 0 && d.At.After(at(2, 0)) {
			c.Series[1].Deaths = append(c.Series[1].Deaths, spread.Death{Node: d.Node, At: at(2, 5)})
		}
	}
	for i := range c.Series {
		c.Series[i].Unknown = 2
	}
	c.Nodes += 2
	return c
}

func terminalOf(t testing.TB, c *Chart, width int, colour, ascii bool) string {
	t.Helper()
	var b strings.Builder
	if err := c.Terminal(&b, width, colour, ascii); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func svgOf(t testing.TB, c *Chart) string {
	t.Helper()
	var b strings.Builder
	if err := c.SVG(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
