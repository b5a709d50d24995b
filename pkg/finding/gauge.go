package finding

import (
	"bytes"
	"io"
	"strconv"
	"strings"
)

// Gauge is one metric in Prometheus' text format 0.0.4. A check that knows more
// in numbers than a report holds prints its own gauges after it.
type Gauge struct {
	Name    string // characters that no metric may have become _
	Help    string
	Samples []Sample
}

// Sample is one value of a Gauge. Of those with the same labels the first counts.
type Sample struct {
	Labels []Label
	Value  float64
}

// Label is one label of a Sample. One without a value is left out.
type Label struct{ Name, Value string }

// Print writes the gauge; one without samples is not there at all.
func (g Gauge) Print(w io.Writer) error {
	_, err := w.Write(g.text())
	return err
}

func (g Gauge) text() []byte {
	if len(g.Samples) == 0 {
		return nil
	}
	var b bytes.Buffer
	name := metricName(g.Name)
	b.WriteString("# HELP " + name + " " + escapeProm(g.Help) + "\n")
	b.WriteString("# TYPE " + name + " gauge\n")
	seen := map[string]bool{}
	for _, s := range g.Samples {
		series := name + labels(s.Labels)
		if !seen[series] {
			seen[series] = true
			b.WriteString(series + " " + strconv.FormatFloat(s.Value, 'f', -1, 64) + "\n")
		}
	}
	return b.Bytes()
}

func labels(all []Label) string {
	var pairs []string
	for _, l := range all {
		if l.Value != "" {
			value := strings.ReplaceAll(escapeProm(l.Value), `"`, `\"`)
			pairs = append(pairs, strings.ReplaceAll(metricName(l.Name), ":", "_")+`="`+value+`"`)
		}
	}
	if pairs == nil {
		return ""
	}
	return "{" + strings.Join(pairs, ",") + "}"
}

// escapeProm escapes what help texts and labels escape alike.
func escapeProm(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(visible(s), `\`, `\\`), "\n", `\n`)
}

// metricName makes a name of a metric of any text.
func metricName(s string) string {
	name := strings.Map(func(r rune) rune {
		if r == ':' || (r >= 'a' && r <= 'z') || (r >= 'A' && r <= 'Z') || (r >= '0' && r <= '9') {
			return r
		}
		return '_'
	}, s)
	if name == "" || (name[0] >= '0' && name[0] <= '9') {
		return "_" + name
	}
	return name
}
