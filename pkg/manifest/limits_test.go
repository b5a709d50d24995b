package manifest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '#'
	}
	return len(p), nil
}

// TestCounts: an endless input ends, and so do too many documents and items.
func TestCounts(t *testing.T) {
	s := &Set{}
	s.load("stdin", endless{}, 1<<20)
	expect(t, s, "0: The file is too large to be looked at.")

	const more = "This and what follows is not looked at: there are too many documents."
	for text, line := range map[string]int{"kind: A\n---\nkind: B\n---\nkind: C\n": 3, "{\"kind\": \"A\"}\n{}\n{}": 2} {
		s = &Set{Documents: maxDocuments - 1}
		s.Parse("f", []byte(text))
		expect(t, s, " A / 1", fmt.Sprintf("%d: %s", line, more))
		if s.Documents != maxDocuments {
			t.Errorf("%d documents", s.Documents)
		}
	}
	for _, text := range []string{"kind: List\nitems:\n- kind: A\n- kind: B\n---\nkind: C\n", "{\"kind\": \"List\", \"items\": [\n\n{\"kind\": \"A\"},\n{\"kind\": \"B\"}]}{\"kind\": \"C\"}"} {
		s = &Set{items: maxItems - 1}
		s.Parse("f", []byte(text))
		if got := told(s); len(got) != 3 || got[0] != " A / 3" || !strings.HasPrefix(got[1], " C / ") || got[2] != "4: This item of the List and what follows in it is not looked at: there are too many." {
			t.Errorf("%q", got)
		}
	}
}

// lol is a document whose aliases refer to each other so often.
func lol(levels int) string {
	var b strings.Builder
	b.WriteString("a0: &a0 [x,x,x,x,x,x,x,x,x]\n")
	for i := range levels {
		alias := fmt.Sprintf("*a%d,", i)
		fmt.Fprintf(&b, "a%d: &a%d [%s]\n", i+1, i+1, strings.Repeat(alias, 9))
	}
	return b.String()
}

// TestHostile: what is small and would become large, or takes long, is a problem.
func TestHostile(t *testing.T) {
	const noYAML = "1: This is no YAML, and nothing of the document is looked at."
	const no = "1: This is no object of Kubernetes."
	deep := 10_000
	for name, tc := range map[string]struct {
		text string
		want []string
	}{
		"flow arrays":      {strings.Repeat("[", deep) + strings.Repeat("]", deep), []string{no}},
		"more flow arrays": {strings.Repeat("[", 10*deep), []string{noYAML}},
		"flow objects":     {strings.Repeat("{a: ", deep) + "b" + strings.Repeat("}", deep), nil},
		"JSON objects":     {strings.Repeat(`{"a":`, deep+1) + "1" + strings.Repeat("}", deep+1), []string{no}},
		"block sequences":  {strings.Repeat("- ", deep), []string{no}},
		"block maps":       {blocks(2000), []string{}},
		"keys":             {strings.Repeat("? ", deep) + "a", []string{noYAML}},
		"JSON Lists":       {strings.Repeat(`{"kind":"List","items":[`, deep/2) + strings.Repeat("]}", deep/2), []string{"1: Lists in Lists are not looked at as deep as this."}},
		"aliases":          {lol(8), []string{noYAML}},
		"aliases of a text": {"kind: A\na: &a " + strings.Repeat("x", 64<<10) + "\nb: [" + strings.Repeat("*a,", 1000) + "]\n",
			[]string{noYAML}},
		"aliases in an item": {"kind: List\nitems:\n- kind: A\n- kind: B\n  a: &a " + strings.Repeat("x", 64<<10) + "\n  b: [" + strings.Repeat("*a,", 1000) + "]\n- kind: C\n",
			[]string{" A / 3", " C / 7", "4: This is no YAML, and this item of the List is not looked at."}},
		"itself": {"&a [*a]\n", []string{noYAML}},
		"merges": {"a: &a {b: c}\nd: {<<: [" + strings.Repeat("*a,", 20_000) + "]}\n", []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			s := &Set{expanded: maxExpanded - 4<<20}
			s.Parse("f.yaml", []byte(tc.text))
			s.Parse("other", []byte(secret))
			if tc.want != nil {
				if got := slices.DeleteFunc(told(s), func(line string) bool { return line == "v1 Secret shop/tls 2" }); !slices.Equal(got, tc.want) {
					t.Errorf("%q, want %q", got, tc.want)
				}
			}
			if n := len(s.Objects); n == 0 || s.Objects[n-1].File != "other" {
				t.Error("the other file is not read")
			}
		})
	}
}

// blocks is so many maps in each other, in block style.
func blocks(depth int) string {
	var b strings.Builder
	for i := range depth {
		fmt.Fprintf(&b, "%sa:\n", strings.Repeat(" ", i))
	}
	return b.String()
}

// TestManyBombs: many documents that are just allowed end as well.
func TestManyBombs(t *testing.T) {
	s := &Set{expanded: maxExpanded - 4<<20}
	s.Parse("f", []byte(strings.Repeat("kind: A\na: &a "+strings.Repeat("x", 1<<10)+"\nb: ["+strings.Repeat("*a,", 1_000)+"]\n---\n", 30)))
	if len(s.Problems) == 0 || len(s.Objects)+len(s.Problems) >= 30 {
		t.Fatalf("%d objects, %d problems", len(s.Objects), len(s.Problems))
	}
	if p := s.Problems[len(s.Problems)-1]; p.What != "This and what follows is not looked at: aliases make too much of it." {
		t.Errorf("%+v", p)
	}
}
