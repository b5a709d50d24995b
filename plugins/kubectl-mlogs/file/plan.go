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
	// lost: the file is nowhere to be found, or there is none under the name.
	lost bool
}

// planFor finds in what a look has told the file of which id and pos are known,
// and what was rotated after it. before is the look of the beginning: what was
// there then is older. done has what was read to its end, with its size.
func planFor(path, id string, pos int64, before, now []entry, done map[string]int64) plan {
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
	case current.id == id:
		return plan{same: true, current: id, shrunk: current.size < pos}
	case renamed == nil || renamed.size < pos:
		return plan{lost: true, current: current.id}
	}
	return plan{renamed: renamed, current: current.id, between: between(path, *renamed, before, now, done)}
}

// between are the files that were the newest after the one that was renamed and
// before the present one.
func between(path string, renamed entry, before, now []entry, done map[string]int64) []entry {
	var found []entry
	for _, e := range now {
		size, read := done[e.id]
		known := read && e.size >= size || slices.ContainsFunc(before, func(b entry) bool { return e.follows(b) })
		if e.path != path && e.id != renamed.id && e.mtime >= renamed.mtime && !known && isRotated(path, e.path) {
			found = append(found, e)
		}
	}
	slices.SortStableFunc(found, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.mtime, b.mtime), compareAges(a.path, b.path))
	})
	return found
}

// follows reports whether e is the file that was seen as b before, and no new one
// that has got its inode. One that only grows keeps its name: it is no part of
// ours, though it has such a name.
func (e entry) follows(b entry) bool {
	return e.id == b.id && (e.mtime == b.mtime || e.path == b.path && e.size >= b.size)
}

// isRotated reports whether a name is one that programs give to older parts of
// path: app.log.1, app.log-20060102, app-2006-01-02.log. Compressed ones cannot
// be read here.
func isRotated(path, name string) bool {
	base, extension := path, ""
	if i := strings.LastIndexByte(path, '.'); i > strings.LastIndexByte(path, '/') {
		base, extension = path[:i], path[i:]
	}
	rest, ok := strings.CutPrefix(name, path)
	if !ok {
		if rest, ok = strings.CutPrefix(name, base); !ok {
			return false
		}
		if rest, ok = strings.CutSuffix(rest, extension); !ok {
			return false
		}
	}
	return len(rest) > 1 && (rest[0] == '.' || rest[0] == '-') && strings.Trim(rest[1:], "0123456789-_.:T") == "" &&
		strings.ContainsAny(rest, "0123456789")
}

// compareAges puts the older of two names first: of app.log.1 and app.log.2 it is
// the second, of app.log-20060102 and app.log-20060103 the first.
func compareAges(a, b string) int {
	const counted = 4 // digits that are no date
	if numberA, numberB := digits(a), digits(b); len(numberA) <= counted && len(numberB) <= counted {
		return cmp.Or(cmp.Compare(len(numberB), len(numberA)), strings.Compare(numberB, numberA))
	}
	return strings.Compare(a, b)
}

// digits are those at the end of a name, before its extension.
func digits(name string) string {
	if i := strings.LastIndexByte(name, '.'); strings.Trim(name[i+1:], "0123456789") != "" {
		name = name[:max(i, 0)]
	}
	return name[len(strings.TrimRight(name, "0123456789")):]
}
