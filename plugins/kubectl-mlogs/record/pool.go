package record

import (
	"sync"
	"sync/atomic"
)

const (
	minRead = 4 << 10   // bytes: an idle source's buffer
	maxRead = 256 << 10 // bytes: beyond that larger reads gain nothing
	// readBudget bounds what all sources' buffers take together, in bytes.
	readBudget = 16 << 20
)

// Pool recycles batches and says how large a source's reads may be: large for
// few sources, small for many, so that memory stays bounded.
type Pool struct {
	free    sync.Pool
	sources atomic.Int64
}

// Join counts a source in; the returned function counts it out.
func (p *Pool) Join() (leave func()) {
	p.sources.Add(1)
	return func() { p.sources.Add(-1) }
}

// Sources is how many sources there are, at least one.
func (p *Pool) Sources() int { return int(max(p.sources.Load(), 1)) }

// Get returns an empty batch.
func (p *Pool) Get(origin *Origin) *Batch {
	b, ok := p.free.Get().(*Batch)
	if !ok {
		b = &Batch{}
	}
	b.Origin, b.Data, b.Lines = origin, b.Data[:0], b.Lines[:0]
	return b
}

// Put takes a batch back. Its messages must not be used any more.
func (p *Pool) Put(b *Batch) {
	if cap(b.Data) <= 2*maxRead { // one overlong line must not keep its megabytes
		p.free.Put(b)
	}
}

// FirstRead is the size in bytes of a source's first read.
func (p *Pool) FirstRead() int { return minRead }

// NextRead is the size of the next read after one of size that yielded n bytes:
// larger while the source fills its reads, and never over its share.
func (p *Pool) NextRead(size, n int) int {
	if n == size {
		size *= 2
	}
	share := readBudget / 4 / p.Sources() // a source has up to three batches under way, and their lines
	return max(minRead, min(size, share, maxRead))
}
