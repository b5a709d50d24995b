package render

import (
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/record"
)

// Stamps is the form of the time before a message.
type Stamps string

// The forms of --timestamps.
const (
	NoStamps Stamps = ""
	RFC3339  Stamps = "rfc3339" // 2006-01-02T15:04:05.000000000Z
	Short    Stamps = "short"   // 15:04:05.000
)

// clock formats times. Lines of one second share the formatted second.
type clock struct {
	zone   *time.Location
	stamps Stamps

	second int64
	head   []byte // up to the seconds
	tail   []byte // the zone
}

func newClock(zone *time.Location, stamps Stamps) *clock {
	return &clock{zone: zone, stamps: stamps, second: record.NoTime}
}

// append appends the time t in Unix nanoseconds; "-" when it is not known.
func (c *clock) append(dst []byte, t int64) []byte {
	if t == record.NoTime {
		return append(dst, '-')
	}
	second, nanos := t/int64(time.Second), t%int64(time.Second)
	if nanos < 0 {
		second, nanos = second-1, nanos+int64(time.Second)
	}
	if second != c.second {
		at := time.Unix(second, 0).In(c.zone)
		c.second = second
		if c.stamps == Short {
			c.head, c.tail = at.AppendFormat(c.head[:0], "15:04:05"), c.tail[:0]
		} else {
			c.head, c.tail = at.AppendFormat(c.head[:0], "2006-01-02T15:04:05"), at.AppendFormat(c.tail[:0], "Z07:00")
		}
	}
	digits := 9
	if c.stamps == Short {
		digits, nanos = 3, nanos/int64(time.Millisecond)
	}
	dst = append(append(dst, c.head...), '.')
	n := len(dst)
	for range digits {
		dst = append(dst, '0')
	}
	for i := n + digits - 1; nanos > 0; i-- {
		dst[i] = byte('0' + nanos%10)
		nanos /= 10
	}
	return append(dst, c.tail...)
}
