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
	// lost: the file is nowhere to be found, or there is none under the name.
	lost bool
}

// planFor finds in what a look has told the file of which id and pos are known,
// and what was rotated after it. before is the look of the beginning: what was
// there then is older.
func planFor(path, id string, pos int64, before, now []entry) plan {
	current, exists := entry{}, false
	var renamed *entry
	for i := range now {
		switch e := &now[i]; {
		case e.path == path:
			current, exists = *e, true
		case e.id == id && renamed == nil:
			renamed = e
		}
	}
	switch {
	case exists && current.id == id:
		return plan{same: true, shrunk: current.size < pos}
	case renamed == nil || renamed.size < pos:
		return plan{lost: true}
	}
	return plan{renamed: renamed, between: between(path, *renamed, before, now)}
}

// between are the files that were the newest after the one that was renamed and
// before the present one.
func between(path string, renamed entry, before, now []entry) []entry {
	var found []entry
	for _, e := range now {
		known := slices.ContainsFunc(before, func(b entry) bool { return b.id == e.id && b.mtime == e.mtime })
		if e.path != path && e.id != renamed.id && e.mtime >= renamed.mtime && e.mtime > 0 && !known && isRotated(path, e.path) {
			found = append(found, e)
		}
	}
	slices.SortFunc(found, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.mtime, b.mtime), -compareNumbers(a.path, b.path))
	})
	return slices.CompactFunc(found, func(a, b entry) bool { return a.id == b.id })
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

// compareNumbers compares names by the number at their end: of app.log.1 and
// app.log.2 the first is the newer one.
func compareNumbers(a, b string) int {
	return cmp.Compare(numberOf(a), numberOf(b))
}

func numberOf(name string) int64 {
	digits := name[len(strings.TrimRight(name, "0123456789")):]
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return 0
	}
	return n
}
