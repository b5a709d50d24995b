package file

import (
	"bytes"
	"errors"

	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/record"
)

const (
	// repeats is how much of what is known an agent sends again at most: two of its
	// blocks of 1 KiB.
	repeats = 2 << 10
	// keep is how many of the bytes read last are remembered, to know them again.
	keep = 2 * repeats
)

var (
	// errHole: what comes does not follow what was read.
	errHole = errors.New("the stream has a hole")
	// errOther: the file has another text than was read: it was truncated and has
	// grown again, or it is a new file with the old one's inode.
	errOther = errors.New("the file has been written anew")
	// errEmptied: where text was read there is nothing now. The file was truncated,
	// and its writer, who does not append, goes on where he was.
	errEmptied = errors.New("the file has been truncated, and its writer goes on where he was")
)

// generation is one file as long as it is neither replaced nor truncated.
type generation struct {
	id   string // device:inode
	pos  int64  // bytes: where what is not yet read begins
	at   int64  // where the next byte that comes has its place
	kept []byte // what lies before pos, as far as it is remembered
	// matched counts the bytes that came again and were the same.
	matched int64
	// hole: the NUL bytes that a writer who does not append leaves are skipped.
	hole bool
	// judged: its first bytes have been found to be text.
	judged bool
	// again: it was finished once, and may have grown.
	again bool
	// ended: more of it is not wanted, an unfinished last line neither.
	ended bool
	// claimed: the Place knows that it is being read.
	claimed bool
	lines   record.Assembler
	each    func(start, end int, cut int64)
	clock   clock
}

// take returns what is new of bytes that lie at g.at, and remembers it. What is
// known already must be the same.
func (g *generation) take(p []byte) (fresh []byte, err error) {
	if g.at > g.pos {
		return nil, errHole
	}
	known := p[:min(int64(len(p)), g.pos-g.at)]
	if err := g.compare(known); err != nil {
		return nil, err
	}
	g.at += int64(len(p))
	fresh = p[len(known):]
	g.pos += int64(len(fresh))
	g.remember(fresh)
	return fresh, nil
}

// compare checks that bytes at g.at, before pos, are what was read there.
func (g *generation) compare(known []byte) error {
	from := g.at - (g.pos - int64(len(g.kept))) // in kept
	if from < 0 {
		known = known[min(-from, int64(len(known))):]
		from = 0
	}
	if bytes.Equal(known, g.kept[from:][:len(known)]) {
		g.matched += int64(len(known))
		return nil
	}
	if len(bytes.Trim(known, "\x00")) > 0 {
		return errOther
	}
	return errEmptied
}

func (g *generation) remember(fresh []byte) {
	if len(fresh) >= keep {
		g.kept = append(g.kept[:0], fresh[len(fresh)-keep:]...)
		return
	}
	if n := len(g.kept) + len(fresh); n > 2*keep {
		rest := copy(g.kept, g.kept[len(g.kept)-(keep-len(fresh)):])
		g.kept = g.kept[:rest]
	}
	g.kept = append(g.kept, fresh...)
}

// skipHole drops the NULs of a hole from the beginning of what is new.
func (g *generation) skipHole(fresh []byte) []byte {
	if !g.hole {
		return fresh
	}
	fresh = bytes.TrimLeft(fresh, "\x00")
	g.hole = len(fresh) == 0
	return fresh
}
