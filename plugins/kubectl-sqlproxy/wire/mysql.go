package wire

import (
	"bytes"
	"fmt"
	"strings"
)

const (
	greetingV10 = 0x0a
	greetingERR = 0xff
)

// parseGreeting reads the first packet of MySQL or MariaDB: three bytes of length, least
// first, a number that is 0, and the greeting, or an error such as "Too many connections".
func parseGreeting(got []byte) (Answer, progress) {
	if len(got) >= 4 && got[3] != 0 || len(got) >= 5 && got[4] != greetingV10 && got[4] != greetingERR {
		return Answer{}, foreign
	}
	if len(got) < 5 {
		return Answer{}, more
	}
	length := int(got[0]) | int(got[1])<<8 | int(got[2])<<16
	if length < 4 || length > maxAnswer-4 {
		return Answer{}, foreign
	}
	if len(got) < 4+length {
		return Answer{}, more
	}
	payload := got[5 : 4+length]
	if got[4] == greetingERR {
		code := int(payload[0]) | int(payload[1])<<8
		return Answer{Engine: MySQL, Text: fmt.Sprintf("error %d: %s", code, clip(payload[2:]))}, known
	}
	version, _, ended := cutZero(payload)
	if !ended {
		return Answer{}, foreign
	}
	// MariaDB puts this in front for old replicas.
	return Answer{Engine: MySQL, Version: strings.TrimPrefix(clip(version), "5.5.5-")}, known
}

func cutZero(b []byte) (text, rest []byte, ended bool) { return bytes.Cut(b, []byte{0}) }
