package source

import "time"

// stampParser reads the RFC 3339 times with which kubelet begins every line. It
// keeps the last second that it has read, since neighbouring lines share it.
type stampParser struct {
	text [19]byte // "2006-01-02T15:04:05"
	unix int64    // of text, taken as UTC
}

// parse reads a time and the blank after it. n is where the message starts; ok
// is false when line does not begin with a strict RFC 3339 time and a blank.
func (p *stampParser) parse(line []byte) (nanos int64, n int, ok bool) {
	if len(line) < 21 || line[10] != 'T' {
		return 0, 0, false
	}
	if [19]byte(line) != p.text {
		if !p.readSecond(line) {
			return 0, 0, false
		}
	}
	nanos, n = p.unix*int64(time.Second), 19
	if line[n] == '.' {
		var fraction int64
		unit := int64(time.Second)
		for n++; n < len(line) && isDigit(line[n]) && unit > 1; n++ {
			unit /= 10
			fraction += int64(line[n]-'0') * unit
		}
		if line[n-1] == '.' {
			return 0, 0, false
		}
		nanos += fraction
	}
	offset, width, ok := zone(line[n:])
	if n += width; !ok || n >= len(line) || line[n] != ' ' {
		return 0, 0, false
	}
	return nanos - offset*int64(time.Second), n + 1, true
}

// readSecond reads the first 19 bytes with the library's strict rules.
func (p *stampParser) readSecond(line []byte) bool {
	t, err := time.Parse("2006-01-02T15:04:05", string(line[:19]))
	if err != nil || t.Year() < 1678 || t.Year() > 2261 { // int64 nanoseconds reach no further
		return false
	}
	p.text, p.unix = [19]byte(line), t.Unix()
	return true
}

// zone reads "Z" or "+hh:mm"; offset is in seconds east of UTC.
func zone(s []byte) (offset int64, width int, ok bool) {
	if len(s) == 0 {
		return 0, 0, false
	}
	if s[0] == 'Z' {
		return 0, 1, true
	}
	if len(s) < 6 || (s[0] != '+' && s[0] != '-') || s[3] != ':' {
		return 0, 0, false
	}
	for _, i := range []int{1, 2, 4, 5} {
		if !isDigit(s[i]) {
			return 0, 0, false
		}
	}
	hours, minutes := int64(s[1]-'0')*10+int64(s[2]-'0'), int64(s[4]-'0')*10+int64(s[5]-'0')
	if hours > 23 || minutes > 59 {
		return 0, 0, false
	}
	offset = hours*3600 + minutes*60
	if s[0] == '-' {
		offset = -offset
	}
	return offset, 6, true
}

func isDigit(b byte) bool { return '0' <= b && b <= '9' }
