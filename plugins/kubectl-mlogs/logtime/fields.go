package logtime

import "bytes"

// isTimeKey reports whether a field of this name says when the line was written.
// A field such as start_time may be of what the line is about.
func isTimeKey(key []byte) bool {
	switch string(key) {
	case "time", "timestamp", "ts", "@timestamp", "t", "@t", "datetime", "date", "asctime", "Timestamp", "Time":
		return true
	}
	return false
}

// object reads the first member of a JSON object that is a time by name and by
// value. What comes after it is not looked at, and may be broken.
func (p *Parser) object(line []byte) (nanos int64, ok bool) {
	head := line[:min(len(line), fieldReach)]
	for i := 1; ; i++ {
		i = space(head, i)
		end := quoted(head, i)
		if end == 0 {
			return 0, false
		}
		key := head[i+1 : end-1]
		if i = space(head, end); i >= len(head) || head[i] != ':' {
			return 0, false
		}
		i = space(head, i+1)
		if isTimeKey(key) {
			if nanos, ok = p.member(line[i:]); ok {
				return nanos, true
			}
		}
		if i = skipValue(head, i); i == 0 {
			return 0, false
		}
		if i = space(head, i); i >= len(head) || head[i] != ',' {
			return 0, false
		}
	}
}

// member reads a JSON value as a time.
func (p *Parser) member(s []byte) (nanos int64, ok bool) {
	const mongo = `{"$date":"`
	if len(s) > len(mongo) && string(s[:len(mongo)]) == mongo {
		s = s[len(mongo)-1:]
	}
	if len(s) > 0 && s[0] == '"' {
		return p.text(s[1:], true)
	}
	nanos, n := number(s)
	if n == 0 || n == len(s) { // the end may be missing: the digits would say another unit
		return 0, false
	}
	switch s[n] {
	case ',', '}', ' ', '\t', '\r', '\n':
		return nanos, true
	}
	return 0, false
}

// pairs reads the first field of logfmt that is a time by name and by value. All
// up to there must be logfmt.
func (p *Parser) pairs(line []byte) (nanos int64, ok bool) {
	head := line[:min(len(line), fieldReach)]
	for i := 0; i < len(head); i = blanks(head, i) {
		start := i
		for i < len(head) && isKey(head[i]) {
			i++
		}
		if i == start || i == len(head) || head[i] != '=' {
			return 0, false
		}
		key := head[start:i]
		i++
		quote := i < len(head) && head[i] == '"'
		if isTimeKey(key) {
			s := line[i:]
			if quote {
				s = s[1:]
			}
			if nanos, ok = p.text(s, quote); ok {
				return nanos, true
			}
		}
		if quote {
			if i = quoted(head, i); i == 0 {
				return 0, false
			}
			continue
		}
		if n := bytes.IndexByte(head[i:], ' '); n >= 0 {
			i += n
		} else {
			return 0, false
		}
	}
	return 0, false
}

// text reads the value of a field that is text, up to its end: the other quote,
// or a blank or the end of the line.
func (p *Parser) text(s []byte, quote bool) (nanos int64, ok bool) {
	var m moment
	n := iso(s, &m)
	if n == 0 {
		n = dayFirst(s, &m)
	}
	if n > 0 {
		nanos, ok = p.nanos(&m)
	} else {
		nanos, n = number(s)
		ok = n > 0
	}
	if quote {
		return nanos, ok && n < len(s) && s[n] == '"'
	}
	return nanos, ok && (n == len(s) || s[n] <= ' ')
}

func isKey(b byte) bool {
	return isLetter(b) || isDigit(b) || b == '_' || b == '.' || b == '-' || b == '@' || b == '/'
}
