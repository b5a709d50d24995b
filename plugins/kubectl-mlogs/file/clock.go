package file

import (
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/logtime"
	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/record"
)

// belongs is how long after a line with a time a line without one is taken for
// its continuation.
const belongs = 2 * time.Second

// clock tells when a line was written: as it says itself, else as the line
// before it, of which it may be a part. A live line that says nothing was
// written just now; of an old one it is not known.
type clock struct {
	parser logtime.Parser
	live   bool
	last   int64 // time of the last line that told one
	read   time.Time
	told   bool
}

func (c *clock) of(line []byte) int64 {
	if t, ok := c.parser.Parse(line); ok {
		c.last, c.told = t, true
		if c.live {
			c.read = time.Now()
		}
		return t
	}
	switch {
	case !c.live && c.told:
		return c.last
	case !c.live:
		return record.NoTime
	}
	now := time.Now()
	if c.told && now.Sub(c.read) < belongs {
		return c.last
	}
	return now.UnixNano()
}
