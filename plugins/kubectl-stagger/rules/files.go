package rules

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/manifest"
)

func fileObject(w *manifest.Workload) finding.Object {
	return finding.Object{APIVersion: w.APIVersion, Kind: w.Kind, Namespace: w.Namespace, Name: w.Name, File: w.File, Line: w.Line}
}

// meantForPool reports whether a workload of a file may run on short-lived nodes, or
// was meant to.
func (c *checker) meantForPool(w *manifest.Workload) bool {
	if c.pinnedBy(&w.Workload) != "" {
		return true
	}
	for _, m := range c.marks {
		wrong := func(r manifest.Refused) bool { return nearKey(r.Key, m.Key) }
		if m.tolerated(w.Tolerations) || slices.ContainsFunc(w.Refused, wrong) {
			return true
		}
	}
	if len(c.nearMisses(w)) > 0 {
		return true
	}
	if c.Pool == nil {
		return false
	}
	for i := range c.Pool.Nodes {
		if keepsAway(&w.Workload, &c.Pool.Nodes[i]) == "" {
			return true
		}
	}
	return false
}

// checkFiles tells what is wrong with the files themselves.
func (c *checker) checkFiles() {
	for _, p := range c.Files.Problems {
		f := finding.Finding{
			ID: Unreadable, Severity: finding.Error, Object: finding.Object{File: p.File, Line: p.Line}, What: p.What,
		}
		if p.Text != "" {
			f.Evidence = []finding.Evidence{{Source: "parser", Text: p.Text}}
		}
		c.add(f)
	}
	for i := range c.Files.Workloads {
		w := &c.Files.Workloads[i]
		if !c.judged(w.Namespace) {
			continue
		}
		for _, r := range w.Refused {
			c.add(finding.Finding{
				ID: RefusedToleration, Severity: finding.Error, Object: fileObject(w),
				What:     fmt.Sprintf("Toleration %d: %s", r.Index+1, r.Reason),
				Evidence: []finding.Evidence{{Source: fmt.Sprintf("tolerations[%d]", r.Index), Text: r.Text}},
				Cause:    "The API takes none of the object then.",
				Fix:      []finding.Step{{Do: r.Fix}},
			})
		}
		for _, miss := range c.nearMisses(w) {
			c.add(miss)
		}
	}
}

// nearMisses finds tolerations that look as if they were meant for one of the marks.
func (c *checker) nearMisses(w *manifest.Workload) []finding.Finding {
	if slices.ContainsFunc(c.marks, func(m Mark) bool { return m.tolerated(w.Tolerations) }) {
		return nil
	}
	var found []finding.Finding
	for i := range w.Tolerations {
		t := &w.Tolerations[i]
		for _, m := range c.marks {
			var why string
			switch {
			case t.Key == m.Key:
				why = m.misses(t)
			case t.Key != "" && nearKey(t.Key, m.Key):
				why = fmt.Sprintf("the key is %s, not %s", t.Key, m.Key)
			}
			if why == "" {
				continue
			}
			found = append(found, finding.Finding{
				ID: MissedTaint, Severity: finding.Warning, Object: fileObject(w),
				What:     fmt.Sprintf("The toleration of %s does not tolerate the pool's taint %s: %s.", t.Key, m, why),
				Evidence: []finding.Evidence{{Source: "toleration", Text: tolerationText(t)}},
				Cause:    "Key, value and effect must be the taint's, letter by letter.",
				Fix:      []finding.Step{{Do: "Write " + tolerationFor(m) + "."}},
			})
			break
		}
	}
	return found
}

func tolerationText(t *corev1.Toleration) string {
	operator := t.Operator
	if operator == "" {
		operator = corev1.TolerationOpEqual
	}
	return fmt.Sprintf("{key: %s, operator: %s, value: %q, effect: %s}", t.Key, operator, t.Value, t.Effect)
}

func tolerationFor(m Mark) string {
	if m.Value == "" {
		return fmt.Sprintf("{key: %s, operator: Exists}", m.Key)
	}
	if m.Effect == "" {
		return fmt.Sprintf("{key: %s, operator: Equal, value: %q}", m.Key, m.Value)
	}
	return fmt.Sprintf("{key: %s, operator: Equal, value: %q, effect: %s}", m.Key, m.Value, m.Effect)
}

// nearKey reports whether a key was probably meant to be another: at most two letters
// differ, or only its prefix or the case.
func nearKey(key, mark string) bool {
	key, mark = strings.ToLower(key), strings.ToLower(mark)
	name := func(s string) string { return s[strings.LastIndexByte(s, '/')+1:] }
	return key == mark || name(key) == name(mark) || (len(key) < 2*len(mark) && len(mark) > 5 && distance(key, mark) <= 2)
}

// distance is how many letters have to be put in, taken out or changed.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
