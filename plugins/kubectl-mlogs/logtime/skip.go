package logtime

import "bytes"

// The functions here pass over JSON without checking it, and return where in s
// what is at s[i:] ends.

// skipValue passes over a value of any kind; 0 when s ends before it does.
func skipValue(s []byte, i int) int {
	for depth := 0; i < len(s); {
		switch s[i] {
		case '"':
			if i = quoted(s, i); i == 0 {
				return 0
			}
		case '{', '[':
			depth++
			i++
		case '}', ']':
			depth--
			i++
		default:
			i++
			if depth == 0 {
				return scalar(s, i)
			}
			continue
		}
		if depth <= 0 {
			return i
		}
	}
	return 0
}

// scalar passes over what is left of a number or a word.
func scalar(s []byte, i int) int {
	for i < len(s) && (isDigit(s[i]) || isLetter(s[i]) || s[i] == '.' || s[i] == '-' || s[i] == '+') {
		i++
	}
	return i
}

// quoted passes over a string; 0 when there is none, or s ends before it does.
func quoted(s []byte, i int) int {
	if i >= len(s) || s[i] != '"' {
		return 0
	}
	for start := i + 1; ; {
		n := bytes.IndexByte(s[i+1:], '"')
		if n < 0 {
			return 0
		}
		i += n + 1
		escape := i
		for escape > start && s[escape-1] == '\\' {
			escape--
		}
		if (i-escape)%2 == 0 {
			return i + 1
		}
	}
}

// space passes over JSON's white space.
func space(s []byte, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\t' || s[i] == '\r' || s[i] == '\n') {
		i++
	}
	return i
}

func blanks(s []byte, i int) int {
	for i < len(s) && s[i] == ' ' {
		i++
	}
	return i
}
