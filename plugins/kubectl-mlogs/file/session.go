package file

import (
	"context"
	"fmt"
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/source"
)

// session takes what one agent of a Reader tells.
type session struct {
	*Reader
	ctx    context.Context
	follow bool
	// copied: the agent reads a copy of r.cur, under another name.
	copied bool
	active *generation // that of the bytes which come now
	looked []entry
}

func (s *session) handler() handler { return handler{s.note, s.data} }

// note judges one note of the agent; see agent.sh.
func (s *session) note(kind, rest string) error {
	switch kind {
	case "file":
		if e, ok := parseEntry(rest); ok {
			s.looked = append(s.looked, e)
		}
	case "looked":
		if !s.copied {
			s.rotated = s.looked
		}
	case "open":
		return s.opened(rest)
	case "at":
		return s.begin(rest)
	case "end":
		return s.end(rest)
	case "turn":
		s.finishOld(s.ctx)
		s.old, s.cur = s.cur, s.newGeneration(0)
	case "close":
		s.finishOld(s.ctx)
	case "shrunk":
		return s.shrunk(rest)
	case "missing", "gone", "denied", "directory", "special":
		return s.unreadable(kind, rest)
	}
	return nil
}

// opened tells which file the name stands for.
func (s *session) opened(id string) error {
	switch {
	case s.copied:
		return nil
	case s.cur.id != "" && s.cur.id != id:
		return errReplaced
	}
	s.cur.id = id
	s.Place.claim(id)
	s.well()
	return nil
}

// parseAt reads "FD POSITION SIZE".
func parseAt(rest string) (fd, at int64, err error) {
	var size int64
	if _, err := fmt.Sscan(rest, &fd, &at, &size); err != nil {
		return 0, 0, fmt.Errorf("the agent's note %q: %w", rest, err)
	}
	return fd, at, nil
}

func (s *session) begin(rest string) error {
	fd, at, err := parseAt(rest)
	if err != nil {
		return err
	}
	s.active = s.cur
	if fd == 5 {
		s.active = s.old
	}
	if s.active == nil {
		return errReplaced
	}
	s.active.at = at
	return nil
}

func (s *session) data(p []byte) error {
	g := s.active
	if g == nil {
		return nil // some command's words that belong to no file
	}
	fresh, err := g.take(p)
	if err != nil {
		return err
	}
	if len(fresh) > 0 {
		s.lastRead = time.Now()
		s.backoff.Progress()
	}
	return s.deliver(s.ctx, g, fresh)
}

// end comes after the bytes of one look at a file; the first one was the past.
func (s *session) end(fd string) error {
	g := s.active
	s.active = nil
	if g == nil {
		return nil
	}
	if err := s.send(s.ctx, g); err != nil {
		return err
	}
	if s.follow && fd == "4" {
		s.setCaughtUp()
	}
	return nil
}

func (s *session) shrunk(fd string) error {
	if fd == "4" {
		return errTruncated
	}
	s.finishOld(s.ctx)
	return errReplaced
}

// unreadable: an agent that follows goes on looking.
func (s *session) unreadable(kind, rest string) error {
	problem := describe(kind, rest)
	if !s.follow {
		return problem
	}
	s.setCaughtUp()
	if s.trouble == problem.text {
		return nil
	}
	s.trouble = problem.text
	event := source.Event{Kind: source.Unreadable, Text: problem.text}
	if problem.may {
		event.Kind = source.Waiting
	}
	s.report(event)
	return nil
}
