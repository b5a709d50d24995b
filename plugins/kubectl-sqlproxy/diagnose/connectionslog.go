package diagnose

import (
	"slices"
	"strings"
	"time"
)

// complaint is what the logs of a subject say again and again of one instance.
type complaint struct {
	*logText
	about       string // the instance; "" for all, or not known
	log         *podLog
	line        *logLine  // the newest
	count       int       // of lines
	pods        int       // in whose logs it is
	first, last time.Time // zero is not known
	over        bool      // in all of these logs connections to the instance worked later
}

// complaints are what the logs say of connections, by text and instance.
func (c *checker) complaints(s *subject) []*complaint {
	if len(s.Logs) == 0 && len(c.Tests) == 0 {
		return nil
	}
	texts, credentials := textsOf(s.Spec.Program, connectTexts()), credentialTexts()
	var all []*complaint
	for _, l := range slices.Concat(s.tellingRuns(), c.testLogs(s)) {
		r := &logReading{texts: texts, credentials: credentials, log: l, accepted: map[string]time.Time{}}
		for i := range l.lines {
			r.read(&l.lines[i])
		}
		r.close(c.Now)
		for _, d := range r.found {
			all = merge(all, d)
		}
	}
	return all
}

// testLogs are what the connection tests of a subject have said, as logs.
func (c *checker) testLogs(s *subject) []*podLog {
	var all []*podLog
	for _, t := range c.testsOf(s) {
		if !t.Passed {
			all = append(all, testLog(t.Lines))
		}
	}
	return all
}

// merge adds what one pod says to what others have said.
func merge(all []*complaint, d *complaint) []*complaint {
	at := slices.IndexFunc(all, func(other *complaint) bool { return other.id == d.id && other.about == d.about })
	if at < 0 {
		return append(all, d)
	}
	old := all[at]
	newest := old
	if d.last.After(old.last) {
		newest = d
	}
	first := old.first
	if first.IsZero() || !d.first.IsZero() && d.first.Before(first) {
		first = d.first
	}
	all[at] = &complaint{old.logText, old.about, newest.log, newest.line, old.count + d.count, old.pods + d.pods, first, newest.last, old.over && d.over}
	return all
}

// logReading reads a log of one pod.
type logReading struct {
	texts, credentials []logText
	log                *podLog
	found              []*complaint
	// accepted is when the first connection came to an instance of which it is not yet
	// known how it went.
	accepted map[string]time.Time
}

// dialing is for how long a proxy tries to connect, 30 s, and some.
const dialing = 35 * time.Second

func (r *logReading) read(line *logLine) {
	text, about := line.text, (&said{line: line}).instance()
	switch {
	case strings.HasPrefix(text, "client closed the connection"), strings.HasPrefix(text, "instance closed the connection"):
		r.worked(about)
		return
	case strings.HasPrefix(text, "Accepted connection from "), strings.HasPrefix(text, "accepted connection from "), strings.HasPrefix(text, "New connection for"):
		if at, waits := r.accepted[about]; waits && !at.IsZero() && line.at.Sub(at) > dialing {
			r.worked(about)
		}
		if _, waits := r.accepted[about]; !waits {
			r.accepted[about] = line.at
		}
		return
	}
	t := meaning(r.texts, line.message)
	if t == nil || !tellsOfItself(t.id) && !slices.ContainsFunc(triedWords(), func(words string) bool { return strings.Contains(text, words) }) {
		return
	}
	delete(r.accepted, about)
	if meaning(r.credentials, line.message) != nil {
		return // no token, so nothing was asked: that is said of the credentials
	}
	if t.id == "server-reset" || t.id == "client-reset" {
		r.worked(about)
	}
	r.note(t, about, line)
}

// tellsOfItself reports whether the texts of an id say by themselves that they are about
// connections.
func tellsOfItself(id string) bool {
	switch id {
	case "max-connections", "server-reset", "client-reset", "mdx":
		return true
	}
	return false
}

func (r *logReading) note(t *logText, about string, line *logLine) {
	at := slices.IndexFunc(r.found, func(d *complaint) bool { return d.id == t.id && d.about == about })
	if at < 0 {
		r.found = append(r.found, &complaint{logText: t, about: about, log: r.log, line: line, count: 1, pods: 1, first: line.at, last: line.at})
		return
	}
	d := r.found[at]
	d.line, d.count, d.last, d.over = line, d.count+1, line.at, false
}

// worked notes that a connection to an instance was there: what was said before is over.
// Connections that are refused or cut are no matter of reaching the instance.
func (r *logReading) worked(about string) {
	for _, d := range r.found {
		if d.about == about && !tellsOfItself(d.id) {
			d.over = true
		}
	}
	delete(r.accepted, about)
}

// close ends a log that was read until now.
func (r *logReading) close(now time.Time) {
	for about, at := range r.accepted {
		if !at.IsZero() && now.Sub(at) > dialing {
			r.worked(about)
		}
	}
}
