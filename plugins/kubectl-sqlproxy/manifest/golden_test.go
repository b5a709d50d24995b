package manifest

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files")

// golden is a Set as it is printed, after its warnings.
func golden(t *testing.T, s *Set) []byte {
	t.Helper()
	text, err := s.YAML()
	if err != nil {
		t.Fatal(err)
	}
	var warnings strings.Builder
	for _, w := range s.Warnings {
		warnings.WriteString("# WARNING: " + w + "\n")
	}
	return append([]byte(warnings.String()), text...)
}

func TestGolden(t *testing.T) {
	t.Parallel()
	var names []string
	for _, test := range scenarios(t) {
		names = append(names, test.name+".yaml")
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			set, err := Build(test.config)
			if err != nil {
				t.Fatal(err)
			}
			got := golden(t, set)
			path := filepath.Join("testdata", test.name+".yaml")
			if *update {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s is not what is made now:\n%s", path, firstDifference(string(want), string(got)))
			}
		})
	}
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !slices.Contains(names, filepath.Base(file)) {
			t.Errorf("%s is of no scenario", file)
		}
	}
}

func firstDifference(want, got string) string {
	wanted, have := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i, line := range have {
		if i >= len(wanted) || line != wanted[i] {
			return "line " + strings.Join([]string{line, "want " + strings.Join(wanted[min(i, len(wanted)):min(i+1, len(wanted))], "")}, "\n")
		}
	}
	return "lines are missing at its end"
}
