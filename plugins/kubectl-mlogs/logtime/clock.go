package logtime

import "time"

const maxOffset = 14 * 3600 // seconds; Kiribati

// clock reads hh:mm:ss at s[i:], what fraction and zone follow, and returns
// where that ends; 0 when it is no time, or does not end as one.
func (m *moment) clock(s []byte, i int) int {
	if len(s) < i+8 || s[i+2] != ':' || s[i+5] != ':' {
		return 0
	}
	m.hour, m.minute, m.second = two(s[i:]), two(s[i+3:]), two(s[i+6:])
	i += 8
	if len(s) > i+1 && (s[i] == '.' || s[i] == ',') && isDigit(s[i+1]) {
		unit := int64(time.Second)
		for i++; i < len(s) && isDigit(s[i]); i++ {
			if unit /= 10; unit == 0 {
				return 0
			}
			m.fraction += int64(s[i]-'0') * unit
		}
	}
	if i < len(s) {
		if i = m.zone(s, i); i == 0 {
			return 0
		}
	}
	return m.end(s, i)
}

// zone reads the zone at s[i:], if there is one, and returns where it ends; 0
// when something begins as a zone and is none.
func (m *moment) zone(s []byte, i int) int {
	switch s[i] {
	case 'Z':
		m.zoned = true
		return i + 1
	case '+', '-':
		return m.readOffset(s, i, true)
	case ' ':
		if i+1 == len(s) {
			return i
		}
		switch c := s[i+1]; {
		case (c == '+' || c == '-') && i+2 < len(s) && isDigit(s[i+2]):
			return m.readOffset(s, i+1, false) // " -10 items" could be either, and is refused
		case 'A' <= c && c <= 'Z':
			return m.readName(s, i)
		}
	}
	return i
}

// readOffset reads +hh:mm, +hhmm, or where short is true +hh.
func (m *moment) readOffset(s []byte, i int, short bool) int {
	if len(s) < i+3 {
		return 0
	}
	hours, minutes, n := two(s[i+1:]), 0, i+3
	switch {
	case len(s) >= i+6 && s[i+3] == ':':
		minutes, n = two(s[i+4:]), i+6
	case len(s) >= i+5 && isDigit(s[i+3]):
		minutes, n = two(s[i+3:]), i+5
	case !short:
		return 0
	}
	offset := int64(hours)*3600 + int64(minutes)*60
	if hours < 0 || uint(minutes) > 59 || offset > maxOffset {
		return 0
	}
	if s[i] == '-' {
		offset = -offset
	}
	m.zoned, m.offset = true, offset
	return n
}

// readName reads the name of a zone after the blank s[i]. The names are those
// of the tz database that are not numbers; another word is of the message.
func (m *moment) readName(s []byte, i int) int {
	n := i + 1
	for n < len(s) && isLetter(s[n]) {
		n++
	}
	switch string(s[i+1 : n]) {
	case "Z", "UTC", "GMT":
		m.zoned = true
		return n
	case "ACDT", "ACST", "ADT", "AEDT", "AEST", "AKDT", "AKST", "AST", "AWST", "BST", "CAT", "CDT", "CEST", "CET", "CST", "EAT",
		"EDT", "EEST", "EET", "EST", "HDT", "HKT", "HST", "IDT", "IST", "JST", "KST", "MDT", "MSK", "MST", "NDT", "NST", "NZDT",
		"NZST", "PDT", "PKT", "PST", "SAST", "SST", "WAT", "WEST", "WET", "WIB", "WIT", "WITA":
		m.abbreviation = s[i+1 : n]
		return n
	}
	return i
}

// end returns i when the text of a time can end there, otherwise 0. A time that
// goes on is a form that is not known, or no time.
func (m *moment) end(s []byte, i int) int {
	if i == len(s) {
		return i
	}
	switch c := s[i]; c {
	case ' ', '\t', ']', '"':
		return i
	case '.', '+', '-', '/', '_', '\\':
		return 0
	case ':':
		if i+1 < len(s) && isDigit(s[i+1]) {
			return 0
		}
	case '[':
		if !m.zoned { // a zone's name: 2026-11-23T21:00:20[Europe/Paris]
			return 0
		}
	default:
		if isDigit(c) || isLetter(c) {
			return 0
		}
	}
	return i
}
