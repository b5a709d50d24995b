package diagnose

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
)

// logText is a text that a proxy logs, and what it means.
type logText struct {
	id string
	// engine is whose text it is; "" is all.
	engine proxy.Engine
	// since is the first version that prints it, until the first that does not any more;
	// zero is not known, or all.
	since, until proxy.Version
	// words are in the message, in this order.
	words []string
	// not is in none of them: what has it is of another text; "" is nothing.
	not string
	// also are ids of what objects show of the same fault: where one is found the line is
	// evidence of that.
	also []string
}

// printedBy reports whether a program may print the text. One whose version is not known
// may print all: that it has printed it is the proof.
func (t *logText) printedBy(p proxy.Program) bool {
	if t.engine != "" && t.engine != p.Engine || p.Version.Before(t.since) {
		return false
	}
	return t.until == proxy.Version{} || !p.Version.Known() || p.Version.Before(t.until)
}

// in reports whether a message has the words.
func (t *logText) in(message string) bool {
	if t.not != "" && strings.Contains(message, t.not) {
		return false
	}
	for _, word := range t.words {
		_, rest, found := strings.Cut(message, word)
		if !found {
			return false
		}
		message = rest
	}
	return len(t.words) > 0
}

// textsOf are those of the texts that a program may print.
func textsOf(p proxy.Program, texts []logText) []logText {
	return slices.DeleteFunc(slices.Clone(texts), func(t logText) bool { return !t.printedBy(p) })
}

// meaning is the first of the texts that a message has; nil for none.
func meaning(texts []logText, message string) *logText {
	for i := range texts {
		if texts[i].in(message) {
			return &texts[i]
		}
	}
	return nil
}

// said is a text that a log has.
type said struct {
	*logText
	log  *podLog
	line *logLine
	pods int // how many pods' logs have it
}

// instance is whom the line is about, "" for none.
func (d *said) instance() string {
	if d.line.instance != "" {
		return d.line.instance
	}
	if _, rest, found := strings.Cut(d.line.message, "unable to start: ["); found {
		name, _, _ := strings.Cut(rest, "] ")
		return name
	}
	_, rest, _ := strings.Cut(d.line.message, `(connection name = "`)
	name, _, _ := strings.Cut(rest, `")`)
	if name == "n/a" {
		return ""
	}
	return name
}

// allSaid are the texts that the logs of a subject have, in the order of their ids'
// first lines. Of each pod the run that tells how it is counts: the newest, or where that
// has not said yet whether it starts, the one before. later reports of a line that what
// was said before it is over.
func allSaid(s *subject, texts []logText, later func(*logLine) bool) []said {
	texts = textsOf(s.Spec.Program, texts)
	var all []said
	for _, l := range s.tellingRuns() {
		last := map[string]said{}
		var order []string
		for i := range l.lines {
			line := &l.lines[i]
			if later != nil && later(line) {
				clear(last)
				order = nil
				continue
			}
			if t := meaning(texts, line.message); t != nil {
				if _, again := last[t.id]; !again {
					order = append(order, t.id)
				}
				last[t.id] = said{t, l, line, 1}
			}
		}
		for _, id := range order {
			if at := slices.IndexFunc(all, func(d said) bool { return d.id == id }); at >= 0 {
				all[at].pods++
				continue
			}
			all = append(all, last[id])
		}
	}
	return all
}

// tellingRuns are of each pod's logs the run that tells how it is. They are chosen once.
func (s *subject) tellingRuns() []*podLog {
	if s.runs != nil || len(s.Logs) == 0 {
		return s.runs
	}
	logs, fatal := s.podLogs(), append(startTexts(), credentialTexts()...)
	for i, l := range logs {
		if i > 0 && logs[i-1].Pod == l.Pod {
			continue
		}
		if i+1 < len(logs) && logs[i+1].Pod == l.Pod && !s.isReady(l.Pod) && !l.tells(fatal) {
			l = logs[i+1]
		}
		s.runs = append(s.runs, l)
	}
	return s.runs
}

// tells reports whether a run has come so far that it has started, or said why not.
func (l *podLog) tells(fatal []logText) bool {
	return slices.ContainsFunc(l.lines, func(line logLine) bool {
		return hasStarted(&line) || line.severity == "ERROR" || meaning(fatal, line.message) != nil
	})
}

// hasStarted reports whether a line says that the proxy serves. v2 and AlloyDB say it
// before the connection test.
func hasStarted(line *logLine) bool {
	return strings.Contains(line.message, "The proxy has started successfully") || line.text == "Ready for new connections"
}

// isReady reports whether a pod of the subject is.
func (s *subject) isReady(pod string) bool {
	for _, p := range s.Pods {
		if p.Name != pod {
			continue
		}
		return slices.ContainsFunc(p.Value.Status.Conditions, func(c corev1.PodCondition) bool {
			return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
		})
	}
	return false
}
