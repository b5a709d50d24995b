package file

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// entry is a file as the agent's look tells it.
type entry struct {
	id    string // device:inode
	size  int64  // bytes
	mtime int64  // Unix seconds; 0 where the container cannot tell
	path  string
}

// parseEntry reads "ID SIZE MTIME PATH".
func parseEntry(s string) (entry, bool) {
	words := strings.SplitN(s, " ", 4)
	if len(words) < 4 || words[0] == "" {
		return entry{}, false
	}
	size, err := strconv.ParseInt(words[1], 10, 64)
	mtime, errTime := strconv.ParseInt(words[2], 10, 64)
	if err != nil || errTime != nil || size < 0 {
		return entry{}, false
	}
	return entry{words[0], size, mtime, words[3]}, true
}

// plan says how to go on with a file after its stream broke.
type plan struct {
	// same: the file still has its name; go on where it was read.
	same bool
	// shrunk: it was truncated.
	shrunk bool
	// renamed is the file under its new name.
	renamed *entry
	// between are files that came and went meanwhile, oldest first.
	between []entry
	// current is the id of the file that has the name, empty for none.
	current string
	// lost: the file is nowhere to be found; between are all that came after it.
	lost bool
}

// planFor finds in what a look has told the file of which id and pos are known,
// and what was rotated after it. before is the look of the beginning: what was
// there then is older. read tells of a file that was read to its present end.
func planFor(path, id string, pos int64, before, now []entry, read func(entry) bool) plan {
	var current entry
	var renamed *entry
	for i := range now {
		switch e := &now[i]; {
		case e.path == path:
			current = *e
		case e.id == id && renamed == nil:
			renamed = e
		}
	}
	switch {
	case current.id == id && pos == 0 && before != nil:
		// It may have been truncated before anything of it was read.
		p := plan{same: true, current: id}
		if unread := between(path, entry{}, before, now, read); len(unread) > 0 {
			p = plan{renamed: &unread[0], current: id, between: unread[1:]}
		}
		return p
	case current.id == id:
		return plan{same: true, current: id, shrunk: current.size < pos}
	case renamed == nil || renamed.size < pos:
		p := plan{lost: true, current: current.id}
		if before != nil {
			p.between = between(path, entry{}, before, now, read)
		}
		return p
	}
	return plan{renamed: renamed, current: current.id, between: between(path, *renamed, before, now, read)}
}

// between are the files that were the newest after the one that was renamed and
// before the present one.
func between(path string, renamed entry, before, now []entry, read func(entry) bool) []entry {
	var found []entry
	for _, e := range now {
		kind := rotation(path, e.path)
		known := slices.ContainsFunc(before, func(b entry) bool { return b.path != path && e.follows(b, kind) })
		if kind != "" && e.id != renamed.id && !read(e) && e.mtime >= renamed.mtime && !known {
			found = append(found, e)
		}
	}
	slices.SortStableFunc(found, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.mtime, b.mtime), compareAges(rotation(path, a.path), rotation(path, b.path)))
	})
	return found
}

// follows reports whether e is the file that was seen as b before, and no new one
// that has got its inode. One that only grows is no part of ours, though it has
// such a name; a mere number may be that of another file the next time.
func (e entry) follows(b entry, rotation string) bool {
	grown := e.path == b.path && e.size >= b.size && strings.Trim(rotation, "."+numerals) != ""
	return e.id == b.id && (e.mtime == b.mtime || grown)
}

// rotation is what programs add to path to name its older parts: of app.log.1,
// app.log-20060102 and app-2006-01-02.log it is .1, -20060102 and -2006-01-02. It
// is empty for other names, and for compressed files: they cannot be read here.
func rotation(path, name string) string {
	base, extension := path, ""
	if i := strings.LastIndexByte(path, '.'); i > strings.LastIndexByte(path, '/') {
		base, extension = path[:i], path[i:]
	}
	rest, ok := strings.CutPrefix(name, path)
	if !ok {
		if rest, ok = strings.CutPrefix(name, base); !ok {
			return ""
		}
		if rest, ok = strings.CutSuffix(rest, extension); !ok {
			return ""
		}
	}
	if len(rest) < 2 || (rest[0] != '.' && rest[0] != '-') || strings.Trim(rest[1:], numerals+"-_.:T") != "" || !strings.ContainsAny(rest, numerals) {
		return ""
	}
	return rest
}

const numerals = "0123456789"

// compareAges puts the older of two rotations first: of .1 and .2 it is the second,
// of -20060102 and -20060103 the first.
func compareAges(a, b string) int {
	const counted = 4 // digits that are no date
	numberA, numberB := strings.Trim(a, "-."), strings.Trim(b, "-.")
	if len(numberA) <= counted && len(numberB) <= counted {
		return cmp.Or(cmp.Compare(len(numberB), len(numberA)), strings.Compare(numberB, numberA))
	}
	return strings.Compare(a, b)
}
