package file

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/source"
)

// session takes what one agent of a Reader tells.
type session struct {
	*Reader
	ctx    context.Context
	follow bool
	// aside, where not nil, is the file that is being read, under another name than
	// the Reader's; copied says that it is a copy of it.
	aside  *generation
	copied bool
	active *generation // that of the bytes which come now
	// looking gathers what a look tells; looked is the last one that was whole.
	looking, looked []entry
}

func (s *session) handler() handler { return handler{s.note, s.data} }

// note judges one note of the agent; see agent.sh.
func (s *session) note(kind, rest string) error {
	switch kind {
	case "file":
		if e, ok := parseEntry(rest); ok && !slices.ContainsFunc(s.looking, func(o entry) bool { return o.path == e.path }) {
			s.looking = append(s.looking, e)
		}
	case "looked":
		s.looked, s.looking = s.looking, nil
		if s.aside == nil {
			s.others()
		}
	case "open":
		return s.opened(rest)
	case "at":
		return s.begin(rest)
	case "end":
		return s.end(rest)
	case "past":
		if s.follow {
			s.setCaughtUp()
		}
	case "turn":
		return s.turned(rest)
	case "close":
		s.finishOld(s.ctx)
	case "shrunk":
		return s.shrunk(rest)
	case "missing", "gone", "denied", "directory", "special":
		return s.unreadable(kind, rest)
	}
	return nil
}

// others notes which files there are besides. Only those that are there while
// r.cur has the name are surely older than what follows it.
func (s *session) others() {
	path := s.inContainer(s.Path)
	i := slices.IndexFunc(s.looked, func(e entry) bool { return e.path == path })
	if i < 0 || s.cur == nil {
		return
	}
	if s.cur.id == "" {
		s.cur.id = s.looked[i].id
	}
	if s.cur.id == s.looked[i].id {
		s.rotated = s.looked
	}
}

// opened tells which file the name stands for.
func (s *session) opened(id string) error {
	switch {
	case s.copied:
		return nil
	case s.aside != nil && s.aside.id != id:
		return errReplaced
	case s.aside != nil:
		return nil
	case s.cur.id != "" && s.cur.id != id:
		return errReplaced
	}
	if s.cur.id == "" {
		s.cur.id = id
		s.others()
	}
	if !s.cur.claimed {
		s.cur.claimed = true
		s.Place.claim(id)
	}
	s.well()
	return nil
}

// turned goes over to the file that has taken the name, given by its id and size,
// unless others had it between two looks.
func (s *session) turned(rest string) error {
	if len(s.plan(s.rotated, s.looked).between) > 0 {
		return errReplaced
	}
	s.finishOld(s.ctx)
	s.old, s.cur = s.cur, s.newGeneration(0)
	s.cur.id, _, _ = strings.Cut(rest, " ")
	s.others()
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
	switch {
	case s.aside != nil:
		s.active = s.aside
	case fd == 5:
		s.active = s.old
	default:
		s.active = s.cur
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
	if g == s.old && s.aside == nil && (errors.Is(err, errOther) || errors.Is(err, errEmptied)) {
		return s.spoilt()
	}
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
	return s.spoilt()
}

// spoilt: somebody has changed the old file, to which nothing more will come then.
func (s *session) spoilt() error {
	s.gap("the file before this one was truncated or written anew")
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
