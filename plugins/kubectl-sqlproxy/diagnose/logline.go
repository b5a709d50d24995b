package diagnose

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

// podLog is a log of a proxy's container, read.
type podLog struct {
	*snapshot.Log
	lines []logLine
}

// source is how a line of it is called as evidence.
func (l *podLog) source() string {
	if l.Previous {
		return "log of pod/" + l.Pod + ", run before"
	}
	return "log of pod/" + l.Pod
}

// podLogs are the logs of a subject, by pod, the newest run of each first. They are read
// once.
func (s *subject) podLogs() []*podLog {
	if s.logs != nil || len(s.Logs) == 0 {
		return s.logs
	}
	for _, l := range s.Logs {
		s.logs = append(s.logs, &podLog{l, readLog(l.Lines)})
	}
	slices.SortStableFunc(s.logs, func(a, b *podLog) int {
		if c := cmp.Compare(a.Pod, b.Pod); c != 0 || a.Previous == b.Previous {
			return c
		}
		if b.Previous {
			return -1
		}
		return 1
	})
	return s.logs
}

// logLine is one message of a log, whether the proxy wrote it as JSON or as text.
type logLine struct {
	// severity is INFO, ERROR, DEBUG or another word of the proxy's, "" where the log is
	// text, which names none.
	severity string
	// at is zero where the line has none. Text has no zone: it is taken for UTC, which
	// containers have.
	at time.Time
	// message is all that the proxy says; it may have several lines.
	message string
	// instance is whom the message is about, "" for none, text the message without the
	// words in front that name it: "failed to connect to instance: …", of v1
	// "couldn't connect to: …".
	instance, text string
}

const (
	// followLines is how many lines may follow the first of a message.
	followLines = 64
	// messageBytes is how much of a message is looked at: all that the proxies say fits.
	messageBytes = 16 << 10
)

// readLog reads the lines of a log. A message of several lines, as an error of the API
// has them in text, is one.
func readLog(lines []string) []logLine {
	all := make([]logLine, 0, len(lines))
	follow := 0 // how many lines may still follow the last message
	for _, line := range lines {
		line = strings.TrimRight(line, "\r\n")
		if len(line) > messageBytes {
			line = strings.ToValidUTF8(line[:messageBytes], "")
		}
		if strings.TrimSpace(line) == "" {
			continue
		}
		if read, ok := readJSON(line); ok {
			all, follow = append(all, read), 0
			continue
		}
		if at, text, ok := cutDate(line); ok {
			all, follow = append(all, logLine{at: at, message: text}), followLines
			continue
		}
		if follow == 0 || !follows(line) {
			all, follow = append(all, logLine{message: line}), 0
			continue
		}
		if last := &all[len(all)-1]; len(last.message)+len(line) < messageBytes {
			last.message += "\n" + line
		}
		follow--
	}
	for i := range all {
		all[i].instance, all[i].text = cutInstance(all[i].message)
	}
	return all
}

// readJSON reads a line of structured logs.
func readJSON(line string) (logLine, bool) {
	if line[0] != '{' {
		return logLine{}, false
	}
	var in struct {
		Severity  string `json:"severity"`
		Message   string `json:"message"`
		Timestamp string `json:"timestamp"`
	}
	if err := json.Unmarshal([]byte(line), &in); err != nil || in.Message == "" {
		return logLine{}, false
	}
	read := logLine{severity: strings.ToUpper(in.Severity), message: strings.TrimSpace(in.Message)}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999Z0700"} { // v2's, and v1's
		if at, err := time.Parse(layout, in.Timestamp); err == nil {
			read.at = at
			break
		}
	}
	return read, read.message != ""
}

// dateLayout is that of Go's log package, in front of a text.
const dateLayout = "2006/01/02 15:04:05"

func cutDate(line string) (time.Time, string, bool) {
	if len(line) <= len(dateLayout) || line[len(dateLayout)] != ' ' {
		return time.Time{}, "", false
	}
	at, err := time.Parse(dateLayout, line[:len(dateLayout)])
	text := strings.TrimSpace(line[len(dateLayout):])
	return at, text, err == nil && text != ""
}

// follows reports whether a line without a date may belong to the message before it:
// not what the programs print without their logger.
func follows(line string) bool {
	for _, begin := range []string{"Error:", "Usage", "flag provided but not defined:", "invalid value ", "flag needs an argument:", "panic:", "fatal error:", "goroutine "} {
		if strings.HasPrefix(line, begin) {
			return false
		}
	}
	return true
}

// cutInstance takes the instance out of a message: v2's and AlloyDB's "[P:R:I] text", and
// v1's `text "P:R:I": text`.
func cutInstance(message string) (instance, text string) {
	if rest, ok := strings.CutPrefix(message, "["); ok {
		name, rest, closed := strings.Cut(rest, "] ")
		if closed && strings.ContainsAny(name, ":/.") && !strings.ContainsAny(name, " \t\n") {
			return name, rest
		}
		return "", message
	}
	for _, front := range []string{"couldn't connect to ", "New connection for "} {
		if rest, ok := strings.CutPrefix(message, front+`"`); ok {
			if name, rest, closed := strings.Cut(rest, `"`); closed {
				return name, strings.TrimSpace(front) + rest
			}
		}
	}
	return "", message
}
