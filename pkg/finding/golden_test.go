package finding

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files")

func TestGolden(t *testing.T) {
	empty := &Report{Check: "certcheck", CheckedAt: noon}
	type golden struct {
		name   string
		report *Report
		opts   Options
	}
	var all []golden
	for _, f := range formats() {
		all = append(all,
			golden{"broken." + string(f), broken(), Options{Format: f, Namespace: "shop"}},
			golden{"files." + string(f), fromFiles(), Options{Format: f}},
			golden{"empty." + string(f), empty, Options{Format: f}},
		)
	}
	all = append(all,
		golden{"broken-colour.table", broken(), Options{Format: Table, Colour: true}},
		golden{"broken-colour.tree", broken(), Options{Format: Tree, Colour: true}},
		golden{"broken-ascii.tree", broken(), Options{Format: Tree, ASCII: true}},
		golden{"broken-warning.junit", broken(), Options{Format: JUnit, FailOn: FailOnWarning}},
	)
	for _, g := range all {
		t.Run(g.name, func(t *testing.T) {
			got := printed(t, g.report, g.opts)
			path := filepath.Join("testdata", g.name)
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
