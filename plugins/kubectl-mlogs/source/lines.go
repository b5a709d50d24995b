package source

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/record"
)

// TimeOf tells the time of a line in Unix nanoseconds, and where in it the
// message begins.
type TimeOf func(line []byte) (nanos int64, start int)

// Stamps takes a time at the start of a line, as kubelet writes it, out of the line.
func Stamps() TimeOf {
	var stamps stampParser
	return func(line []byte) (int64, int) {
		if t, n, ok := stamps.parse(line); ok {
			return t, n
		}
		return record.NoTime, 0
	}
}

// Arrival is the present time; the whole line is the message.
func Arrival([]byte) (nanos int64, start int) { return time.Now().UnixNano(), 0 }

// Lines passes on the lines of a plain reader until its end.
func Lines(ctx context.Context, from io.Reader, origin *record.Origin, to Sink, pool *record.Pool, maxLine int, timeOf TimeOf) error {
	lines := record.Assembler{MaxLine: maxLine + maxStamp, Batch: pool.Get(origin)}
	each := func(start, end int, cut int64) {
		t, n := timeOf(lines.Batch.Data[start:end])
		start += n
		if excess := end - start - maxLine; excess > 0 {
			end -= excess
			cut += int64(excess)
		}
		lines.Batch.Lines = append(lines.Batch.Lines, record.Line{Time: t, Start: int32(start), End: int32(end), Cut: cut})
	}
	size := pool.FirstRead()
	for {
		n, err := from.Read(lines.Room(size))
		lines.Took(n, each)
		size = pool.NextRead(size, n)
		if err != nil {
			lines.Finish(each)
		}
		if len(lines.Batch.Lines) > 0 {
			if err := to.Send(ctx, lines.Hand(pool.Get(origin))); err != nil {
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
