package timeline

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-stagger/spread"
)

var update = flag.Bool("update", false, "write the golden files")

func TestGolden(t *testing.T) {
	two := late(12)
	two.Span = 48 * time.Hour
	tokyo := plan(30)
	tokyo.Zone = time.FixedZone("JST", 9*60*60)
	hostile := &Chart{
		Title: "pool \x1b[2J<&\"'>]]>", From: noon, Nodes: 3,
		Series: []Series{{Title: "a\nb", Deaths: []spread.Death{
			{Node: "\x1b]0;boo\x07<script>", At: at(1, 0)}, {Node: "\u202egnp", At: at(1, 5)}, {Node: "node\xff節點", At: at(30, 0)},
		}}},
	}
	for name, got := range map[string]string{
		"plan.txt":        terminalOf(t, plan(30), 100, false, false),
		"plan-narrow.txt": terminalOf(t, plan(30), 60, false, true),
		"plan-tokyo.txt":  terminalOf(t, tokyo, 100, false, false),
		"late.txt":        terminalOf(t, late(12), 80, false, false),
		"late-colour.txt": terminalOf(t, late(5), 80, true, false),
		"two-days.txt":    terminalOf(t, two, 100, false, false),
		"bars.txt":        terminalOf(t, plan(100), 100, false, false),
		"bars-narrow.txt": terminalOf(t, plan(1000), 60, false, true),
		"bars-late.txt":   terminalOf(t, late(100), 160, false, false),
		"empty.txt":       terminalOf(t, &Chart{From: noon, Series: []Series{{Title: "Nobody", Unknown: 1}}}, 80, false, false),
		"hostile.txt":     terminalOf(t, hostile, 80, false, false),
		"plan.svg":        svgOf(t, plan(30)),
		"late.svg":        svgOf(t, late(12)),
		"bars.svg":        svgOf(t, plan(100)),
		"hostile.svg":     svgOf(t, hostile),
		"empty.svg":       svgOf(t, &Chart{From: noon}),
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join("testdata", name)
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s (-update writes it):\n%s\nwant\n%s", path, got, want)
			}
		})
	}
}
