package render

import (
	"fmt"
	"unicode/utf8"
)

// plain reports whether a message is printable ASCII and tabs throughout, as
// most are: such a message needs no care.
func plain(message []byte) bool {
	for _, b := range message {
		if (b < ' ' && b != '\t') || b >= 0x7f {
			return false
		}
	}
	return true
}

// appendSafe appends a message in a form that a terminal only displays:
// control characters are made visible (^[ for ESC, as kubectl prints them),
// bytes that are not UTF-8 as \xNN. Colours (SGR sequences) stay, and are ended
// with the line.
func appendSafe(dst, message []byte) []byte {
	coloured := false
	for i := 0; i < len(message); {
		b := message[i]
		switch {
		case b == 0x1b:
			if n := sgr(message[i:]); n > 0 {
				dst = append(dst, message[i:i+n]...)
				i += n
				coloured = true
				continue
			}
			dst = append(dst, '^', '[')
		case b == '\t' || (b >= ' ' && b < 0x7f):
			dst = append(dst, b)
		case b < ' ' || b == 0x7f:
			dst = append(dst, '^', b^0x40)
		default:
			r, n := utf8.DecodeRune(message[i:])
			switch {
			case r == utf8.RuneError && n == 1:
				dst = fmt.Appendf(dst, `\x%02x`, b)
			case hidden(r):
				dst = fmt.Appendf(dst, `\u%04x`, r)
			default:
				dst = append(dst, message[i:i+n]...)
			}
			i += n
			continue
		}
		i++
	}
	if coloured {
		dst = append(dst, "\x1b[0m"...)
	}
	return dst
}

// hidden are the C1 controls, and the marks that turn the direction of text, by
// which a line can be made to read as another.
func hidden(r rune) bool {
	return (0x80 <= r && r <= 0x9f) || (0x202a <= r && r <= 0x202e) || (0x2066 <= r && r <= 0x2069)
}

// sgr returns the length of the colour sequence at the start of s, 0 for none.
func sgr(s []byte) int {
	if len(s) < 3 || s[1] != '[' {
		return 0
	}
	for i := 2; i < len(s) && i < 40; i++ {
		switch b := s[i]; {
		case b == 'm':
			return i + 1
		case (b < '0' || b > '9') && b != ';' && b != ':':
			return 0
		}
	}
	return 0
}
