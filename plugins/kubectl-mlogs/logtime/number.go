package logtime

import "time"

// epoch reads the seconds since 1970 with a fraction, or the milliseconds, at
// the start of a line. A line can begin with other numbers: there must be a
// fraction as of a clock, or as many digits as milliseconds have, and a blank.
func epoch(s []byte) (nanos int64, ok bool) {
	nanos, n := number(s)
	if n == 0 || n == len(s) || (s[n] != ' ' && s[n] != '\t' && s[n] != ']') {
		return 0, false
	}
	if n > 10 && s[10] == '.' {
		return nanos, n >= 14
	}
	return nanos, n == 13
}

// number reads a number of seconds, milliseconds, microseconds or nanoseconds
// since 1970 at the start of s: which, its number of digits says. n is its
// length, 0 when it is none of them or too far in the future.
func number(s []byte) (nanos int64, n int) {
	var whole uint64
	for n < len(s) && n < 20 && isDigit(s[n]) {
		whole = whole*10 + uint64(s[n]-'0')
		n++
	}
	unit := int64(0)
	switch n {
	case 10:
		unit = int64(time.Second)
	case 13:
		unit = int64(time.Millisecond)
	case 16:
		unit = int64(time.Microsecond)
	case 19:
		unit = 1
	}
	const end = 7289654400 // the year after lastYear
	if unit == 0 || s[0] == '0' || whole >= end*uint64(int64(time.Second)/unit) {
		return 0, 0
	}
	nanos = int64(whole) * unit
	if n < len(s) && s[n] == '.' {
		if n++; n == len(s) || !isDigit(s[n]) {
			return 0, 0
		}
		for ; n < len(s) && isDigit(s[n]); n++ {
			unit /= 10 // to 0: there is nothing below a nanosecond
			nanos += int64(s[n]-'0') * unit
		}
	}
	return nanos, n
}

// one is the number of the first digit of s, or -1.
func one(s []byte) int {
	if !isDigit(s[0]) {
		return -1
	}
	return int(s[0] - '0')
}

// two is the number of the first two digits of s, or -1.
func two(s []byte) int {
	a, b := s[0]-'0', s[1]-'0'
	if a > 9 || b > 9 {
		return -1
	}
	return int(a)*10 + int(b)
}

// four is the number of the first four digits of s, or -1.
func four(s []byte) int {
	a, b := two(s), two(s[2:])
	if a < 0 || b < 0 {
		return -1
	}
	return a*100 + b
}

func isDigit(b byte) bool { return '0' <= b && b <= '9' }

func isLetter(b byte) bool { return 'a' <= b|0x20 && b|0x20 <= 'z' }
