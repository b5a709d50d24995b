package source

import (
	"context"
	"errors"
	"io"

	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/record"
)

// Lines passes on the lines of a plain reader until its end. A time at the
// start of a line, as kubelet writes it, is taken as the line's time.
func Lines(ctx context.Context, from io.Reader, origin *record.Origin, to Sink, pool *record.Pool, maxLine int) error {
	var stamps stampParser
	lines := assembler{maxLine: maxLine + maxStamp, batch: pool.Get(origin)}
	each := func(start, end int, cut int64) {
		t, n, ok := stamps.parse(lines.batch.Data[start:end])
		if !ok {
			t, n = record.NoTime, 0
		}
		start += n
		if excess := end - start - maxLine; excess > 0 {
			end -= excess
			cut += int64(excess)
		}
		lines.batch.Lines = append(lines.batch.Lines, record.Line{Time: t, Start: int32(start), End: int32(end), Cut: cut})
	}
	size := pool.FirstRead()
	for {
		n, err := from.Read(lines.room(size))
		lines.took(n, each)
		size = pool.NextRead(size, n)
		if err != nil {
			lines.finish(each)
		}
		if len(lines.batch.Lines) > 0 {
			if err := to.Send(ctx, lines.hand(pool.Get(origin))); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
