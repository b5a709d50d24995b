//go:build linux

package main

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

const (
	// lineSize is the length of a message in bytes, without time and newline.
	lineSize = 99
	// pace is the time between two lines of one pod: 2,000 lines a second.
	pace = 500 * time.Microsecond
	// stampForm is kubelet's: always nine digits of fraction.
	stampForm = "2006-01-02T15:04:05.000000000Z07:00"
)

// history makes the log of one pod as kubelet serves it with timestamps. Each
// line's time lies anywhere within its pace, so that the lines of several pods
// interleave in no regular way, and a merge has to look at every line.
func history(pod, lines int, start time.Time) []byte {
	random := rand.New(rand.NewPCG(uint64(pod), 0))
	raw := make([]byte, 0, lines*(len(stampForm)+lineSize+2))
	for i := range lines {
		at := start.Add(time.Duration(i)*pace + time.Duration(random.Int64N(int64(pace))))
		raw = at.UTC().AppendFormat(raw, stampForm)
		raw = append(raw, ' ')
		raw = appendMessage(raw, i)
		raw = append(raw, '\n')
	}
	return raw
}

// appendMessage appends message number n: its number, then padding.
func appendMessage(dst []byte, n int) []byte {
	const padding = " GET /api/v1/orders/7f3a9 200 1532 12.4ms upstream=10.64.3.17:8080 trace=4bf92f3577b34da6a3ce929d0e0e4736"
	return append(fmt.Appendf(dst, "%09d", n), padding[:lineSize-9]...)
}

// messageNumber reads the number of a line "POD CONTAINER MESSAGE".
func messageNumber(line string) (pod string, n int, err error) {
	pod, rest, _ := strings.Cut(line, " ")
	_, message, _ := strings.Cut(rest, " ")
	if len(message) != lineSize {
		return pod, 0, fmt.Errorf("not one whole line: %q", line)
	}
	n, err = strconv.Atoi(message[:9])
	return pod, n, err
}
