package file

import (
	"slices"
	"strings"
	"testing"
)

// seen writes a look as "PATH ID SIZE MTIME" lines.
func seen(lines ...string) []entry {
	var all []entry
	for _, line := range lines {
		w := strings.Fields(line)
		e, ok := parseEntry(w[1] + " " + w[2] + " " + w[3] + " " + w[0])
		if !ok {
			panic(line)
		}
		all = append(all, e)
	}
	return all
}

// is tells of the file with an id.
func is(id string) func(entry) bool { return func(e entry) bool { return e.id == id } }

func TestPlan(t *testing.T) {
	before := seen("app.log X 100 50", "app.log.1 W 900 40", "app.log.2 V 900 30")
	for _, test := range []struct {
		name string
		now  []entry
		skip string // a file that was read
		want string // renamed>between>current, or a word
	}{
		{"nothing happened", before, "", "same"},
		{"it has grown", seen("app.log X 400 60"), "", "same"},
		{"it was truncated", seen("app.log X 99 60"), "", "shrunk"},
		{"it is gone", seen("app.log.1 W 900 40"), "", "lost"},
		{"another one has the name", seen("app.log Y 400 60", "app.log.1 W 900 40"), "", "lost"},
		{"it is gone, but what came after it is not", seen("app.log Z 4 90", "app.log.1 Y 4 80", "app.log.2 W 900 40"), "", "lost>Y>Z"},
		{"renamed and smaller: another one with its inode", seen("app.log Y 4 60", "app.log.1 X 40 60"), "", "lost>X>Y"},
		{"renamed", seen("app.log Y 4 70", "app.log.1 X 140 60", "app.log.2 W 900 40"), "", "X>>Y"},
		{"renamed, and nothing has the name", seen("app.log.1 X 140 60", "app.log.2 W 900 40"), "", "X>>"},
		{"renamed three times", seen("app.log Z 4 90", "app.log.1 Y2 4 80", "app.log.2 Y1 4 70", "app.log.3 X 140 60", "app.log.4 W 900 40"), "", "X>Y1,Y2>Z"},
		{"three times in a second", seen("app.log Z 4 60", "app.log.1 Y2 4 60", "app.log.2 Y1 4 60", "app.log.3 X 140 60"), "", "X>Y1,Y2>Z"},
		{"three times, and no times", seen("app.log Z 4 0", "app.log.1 Y2 4 0", "app.log.2 Y1 4 0", "app.log.10 X 140 0", "app.log.11 W 900 0"), "", "X>Y1,Y2>Z"},
		{"by date in a second", seen("app.log Z 4 60", "app.log-20260103 Y2 4 60", "app-20260102.log Y1 4 60", "app.log-20260101 X 140 60"), "", "X>Y1,Y2>Z"},
		{"an older one has got a new name", seen("app.log Y 4 60", "app.log.1 X 140 60", "app.log-20250101 W 900 40"), "", "X>>Y"},
		{"one that was read has grown late", seen("app.log Y 4 60", "app.log.1 X 140 60", "app.log.2 R 930 65"), "R", "X>>Y"},
		{"one that was read long ago has got its inode", seen("app.log Y 4 90", "app.log.1 W 930 80", "app.log.2 X 140 60"), "", "X>W>Y"},
		{"one has the inode of one before", seen("app.log Y 4 90", "app.log.1 V 930 80", "app.log.2 X 140 60"), "", "X>V>Y"},
		{"a stranger with such a name", seen("app.log Y 4 90", "app.log.1 X 140 60", "app-1.log S 930 80"), "", "X>>Y"},
		{"compressed ones, and others", seen("app.log Y 4 90", "app.log.1 X 140 60", "app.log.2.gz G 9 80", "app.log.bak B 9 80", "app-access.log A 9 80"), "", "X>>Y"},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := append(slices.Clone(before), seen("app-1.log S 900 40", "app-access.log A 8 40")...)
			if strings.Contains(test.name, "no times") {
				before = seen("app.log X 100 0", "app.log.1 W 900 0")
			}
			p := planFor("app.log", "X", 100, before, test.now, is(test.skip))
			got := ""
			switch {
			case p.shrunk:
				got = "shrunk"
			case p.same:
				got = "same"
			case p.lost && p.between == nil:
				got = "lost"
			default:
				var ids []string
				for _, e := range p.between {
					ids = append(ids, e.id)
				}
				if got = "lost"; p.renamed != nil {
					got = p.renamed.id
				}
				got += ">" + strings.Join(ids, ",") + ">" + p.current
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// A file of which nothing was read may have been copied and truncated.
func TestPlanOfAnUnreadFile(t *testing.T) {
	before := seen("app.log X 0 50", "app.log.1 W 900 40")
	now := seen("app.log X 100 70", "app.log.1 C 300 60", "app.log.2 W 900 40")
	if p := planFor("app.log", "X", 0, before, now, is("")); p.renamed == nil || p.renamed.id != "C" || len(p.between) != 0 || p.current != "X" {
		t.Errorf("the copy is not read: %+v", p)
	}
	if p := planFor("app.log", "X", 0, before, now, is("C")); !p.same || p.renamed != nil {
		t.Errorf("the old file is read again: %+v", p)
	}
	if p := planFor("app.log", "X", 0, nil, now, is("")); !p.same || p.renamed != nil {
		t.Errorf("older files are read: %+v", p)
	}
	if p := planFor("app.log", "X", 1, before, now, is("")); !p.same || p.renamed != nil {
		t.Errorf("one is read that belongs to another time: %+v", p)
	}
}

func TestRotation(t *testing.T) {
	for name, want := range map[string]bool{
		"/l/app.log":                         false,
		"/l/app.log.1":                       true,
		"/l/app.log.12":                      true,
		"/l/app.log-20260102":                true,
		"/l/app-2026-01-02T15-04-05.000.log": true,
		"/l/app.2026-01-02.log":              true,
		"/l/app.log.2026-01-02_15":           true,
		"/l/app.log.1.gz":                    false,
		"/l/app.log.old":                     false,
		"/l/app.log.":                        false,
		"/l/app.log.-":                       false,
		"/l/app-access.log":                  false,
		"/l/apple.log.1":                     false,
		"/l/app1.log":                        false,
		"/m/app.log.1":                       false,
	} {
		if got := rotation("/l/app.log", name) != ""; got != want {
			t.Errorf("rotation(%q) = %v", name, got)
		}
	}
	if rotation("/l.d/app", "/l.d/app.1") != ".1" || rotation("/l.d/app", "/l.d/app-20260102") != "-20260102" || rotation("/l.d/app", "/l.1") != "" {
		t.Error("a name without an extension is not understood")
	}
}

func TestCompareAges(t *testing.T) {
	for _, names := range [][]string{
		{".10", ".9", ".2", ".1"},
		{"-20251231", "-20260101", "-20260102"},
		{"-2026-01-01", "-2026-01-02", "-2026-02-01"},
		{"-2026-01-02T15-04-05.000", "-2026-01-02T15-04-05.123", "-2026-01-02T15-04-06.000"},
	} {
		mixed := slices.Clone(names)
		slices.Sort(mixed)
		for range 2 {
			slices.Reverse(mixed)
			if got := slices.SortedStableFunc(slices.Values(mixed), compareAges); !slices.Equal(got, names) {
				t.Errorf("oldest first: %q, want %q", got, names)
			}
		}
	}
}

func TestParseEntry(t *testing.T) {
	for text, want := range map[string]entry{
		"1:2 30 40 /a b  c": {"1:2", 30, 40, "/a b  c"},
		"2 30 0 x":          {"2", 30, 0, "x"},
		" 0 x":              {},
		"1:2 -3 4 x":        {},
		"1:2 3 x":           {},
		"1:2 a 4 x":         {},
	} {
		got, ok := parseEntry(text)
		if got != want || ok != (want.path != "") {
			t.Errorf("%q: %+v, %v", text, got, ok)
		}
	}
}
