package timeline

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/kubechores/kubechores/plugins/kubectl-stagger/spread"
)

// randomChart has up to three deaths of each of n nodes, most of them on the axis.
func randomChart(r *rand.Rand, n int, name func(int) string) *Chart {
	c := &Chart{
		Title: name(-1), From: noon.Add(time.Duration(r.Int64N(int64(24 * time.Hour)))),
		Span:   time.Duration(r.Int64N(int64(72*time.Hour))) + time.Minute,
		Window: time.Duration(r.Int64N(int64(2 * time.Hour))), Max: r.IntN(4),
		Zone: time.FixedZone("X", (r.IntN(48)-24)*1800),
	}
	for range 1 + r.IntN(2) {
		s := Series{Title: name(-2), Unknown: r.IntN(3)}
		for i := range n {
			for range 1 + r.IntN(3) {
				after := time.Duration((r.Float64()*1.2 - 0.1) * float64(c.Span))
				s.Deaths = append(s.Deaths, spread.Death{Node: name(i), At: c.From.Add(after), Drained: r.IntN(2) == 0})
			}
		}
		c.Series = append(c.Series, s)
	}
	return c
}

// onAxis counts a chart's deaths that are on its axis, by whether they are drained.
func onAxis(c *Chart) map[bool]int {
	n := map[bool]int{}
	for _, s := range c.Series {
		for _, d := range s.Deaths {
			if !d.At.Before(c.From) && d.At.Before(c.From.Add(c.Span)) {
				n[d.Drained]++
			}
		}
	}
	return n
}

func plainNames(i int) string { return fmt.Sprintf("pool-%d", i) }

// Marks are counted to the right of the axis' line; a digit stands for several.
func TestTerminalDrawsEveryDeathOnce(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 0))
		c := randomChart(r, 1+r.IntN(maxRows), plainNames)
		var aged, drained, several int
		for line := range strings.Lines(terminalOf(t, c, 60+r.IntN(200), false, false)) {
			_, row, ok := strings.Cut(line, "│")
			if !ok {
				continue
			}
			aged += strings.Count(row, "×")
			drained += strings.Count(row, "●")
			for _, d := range row {
				if unicode.IsDigit(d) {
					several += int(d - '0')
				}
			}
		}
		want := onAxis(c)
		if aged+drained+several != want[false]+want[true] || several == 0 && (aged != want[false] || drained != want[true]) {
			t.Errorf("seed %d: %d of age, %d drained, %d in digits; want %v", seed, aged, drained, several, want)
		}
	}
}

func TestTerminalCountsEveryDeathOnce(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 1))
		c := randomChart(r, 100+r.IntN(300), plainNames)
		got := map[bool]int{}
		for line := range strings.Lines(terminalOf(t, c, 60+r.IntN(200), false, r.IntN(2) == 0)) {
			for kind, drained := range map[string]bool{"  of age ": false, "  drained ": true} {
				numbers, ok := strings.CutPrefix(line, kind)
				for _, word := range strings.Fields(numbers) {
					n, err := strconv.Atoi(word)
					if ok && err != nil {
						t.Fatalf("%q: %v", line, err)
					} else if ok {
						got[drained] += n
					}
				}
			}
		}
		if want := onAxis(c); got[false] != want[false] || got[true] != want[true] {
			t.Errorf("seed %d: %v, want %v", seed, got, want)
		}
	}
}

// element is any element of an SVG.
type element struct {
	XMLName  xml.Name
	Class    string    `xml:"class,attr"`
	X        float64   `xml:"x,attr"`
	CX       float64   `xml:"cx,attr"`
	Text     string    `xml:",chardata"`
	Title    []string  `xml:"title"`
	Children []element `xml:",any"`
}

func (e element) all() []element {
	elements := []element{e}
	for _, c := range e.Children {
		elements = append(elements, c.all()...)
	}
	return elements
}

func parsed(t testing.TB, svg string) []element {
	t.Helper()
	var root element
	d := xml.NewDecoder(strings.NewReader(svg))
	if err := d.Decode(&root); err != nil {
		t.Fatalf("%v in %s", err, svg)
	}
	if _, err := d.Token(); err != nil && !errors.Is(err, io.EOF) {
		t.Fatalf("after the end: %v", err)
	}
	return root.all()
}

func TestSVGDrawsEveryDeathOnce(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 2))
		c := randomChart(r, 1+r.IntN(2*maxRows), plainNames)
		marks, counted := map[bool]int{}, 0
		for _, e := range parsed(t, svgOf(t, c)) {
			switch tag := e.XMLName.Local; {
			case len(e.Title) > 0 && (tag == "circle" || tag == "path"): // the legend has no titles
				marks[tag == "circle"]++
			case e.Class == "count":
				n, err := strconv.Atoi(e.Text)
				if err != nil {
					t.Fatal(err)
				}
				counted += n
			}
		}
		want := onAxis(c)
		rows := marks[false] == want[false] && marks[true] == want[true] && counted == 0
		bars := counted == want[false]+want[true] && len(marks) == 0
		if !rows && !bars {
			t.Errorf("seed %d: %v marks and a count of %d, want %v", seed, marks, counted, want)
		}
	}
}

// A death is drawn above its clock time.
func TestMarksStandOverTheirTime(t *testing.T) {
	c := &Chart{From: noon, Series: []Series{{Deaths: []spread.Death{{Node: "a", At: noon}, {Node: "b", At: at(12, 0), Drained: true}}}}}
	for _, width := range []int{60, 80, 133, 200} {
		columns := map[string]int{}
		for line := range strings.Lines(terminalOf(t, c, width, false, true)) {
			if strings.Contains(line, "UTC  ") {
				columns["12:00"], columns["00:00"] = strings.Index(line, "12:00"), strings.Index(line, "00:00")
			} else if _, _, row := strings.Cut(line, "|"); row {
				columns["x"] = max(columns["x"], strings.Index(line, "x"))
				columns["o"] = max(columns["o"], strings.Index(line, "o"))
			}
		}
		if columns["x"] != columns["12:00"] || columns["o"] != columns["00:00"] || columns["o"]-columns["x"] < width/4 {
			t.Errorf("width %d: %v in\n%s", width, columns, terminalOf(t, c, width, false, true))
		}
	}
	var label, drained float64
	for _, e := range parsed(t, svgOf(t, c)) {
		if e.Text == "00:00" {
			label = e.X
		}
		if e.XMLName.Local == "circle" && len(e.Title) > 0 {
			drained = e.CX
		}
	}
	if middle := float64(svgLabels+svgWidth-svgMargin) / 2; label != middle || drained != middle {
		t.Errorf("midnight is at %v, the death at %v, the middle of the axis at %v", label, drained, middle)
	}
}

func FuzzChart(f *testing.F) {
	f.Add("gke-shop-preemptible-8f3ac21d-0000", 60, uint64(1))
	f.Add("\x1b[2J\u202e節點\xff\u0000]]><script>&amp;\uffff\U0001f600", 61, uint64(2))
	f.Add("", -5, uint64(3))
	f.Add(strings.Repeat("long", 200)+"\n\t \u00a0\u00ad\u0301", 200, uint64(4))
	f.Fuzz(func(t *testing.T, name string, width int, seed uint64) {
		width %= 500
		r := rand.New(rand.NewPCG(seed, 3))
		c := randomChart(r, r.IntN(60), func(i int) string { return strconv.Itoa(i) + name })
		c.Zone = time.FixedZone(name, 3600)
		ascii := r.IntN(2) == 0
		for line := range strings.SplitSeq(terminalOf(t, c, width, false, ascii), "\n") {
			if n := utf8.RuneCountInString(line); n > max(width, minWidth) {
				t.Errorf("%d characters in a terminal of %d: %q", n, width, line)
			}
			for _, char := range line {
				if !unicode.IsPrint(char) || ascii && char > unicode.MaxASCII {
					t.Errorf("%q in %q", char, line)
				}
			}
		}
		parsed(t, svgOf(t, c))
	})
}
