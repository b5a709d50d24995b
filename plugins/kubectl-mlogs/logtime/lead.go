package logtime

// lead cuts off what may stand before the time at the start of a line: colours,
// syslog's <PRI>, a level, a bracket or a quote.
func lead(line []byte) []byte {
	if isDigit(line[0]) {
		return line
	}
	s := priority(colour(line))
	if len(s) > 3 && string(s[1:4]) == ", [" && isLetter(s[0]) {
		return s[4:] // Ruby: "I, [2026-11-23T21:00:20.123456 #1]  INFO -- : "
	}
	s = level(s)
	if len(s) > 0 && (s[0] == '[' || s[0] == '"' || s[0] == '\'') {
		s = level(colour(s[1:])) // Jupyter: "[I 2026-11-23 21:00:20.123 ServerApp] "
	}
	return s
}

// colour cuts off a terminal's sequences for colours, as "\x1b[2m".
func colour(s []byte) []byte {
	for len(s) > 1 && s[0] == '\x1b' && s[1] == '[' {
		i := 2
		for i < len(s) && (isDigit(s[i]) || s[i] == ';') {
			i++
		}
		if i == len(s) || s[i] != 'm' {
			break
		}
		s = s[i+1:]
	}
	return s
}

// priority cuts off "<34>", and the version "1 " that RFC 5424 has after it.
func priority(s []byte) []byte {
	if len(s) == 0 || s[0] != '<' {
		return s
	}
	i := 1
	for i < len(s) && i < 4 && isDigit(s[i]) {
		i++
	}
	if i == 1 || i == len(s) || s[i] != '>' {
		return s
	}
	s = s[i+1:]
	if len(s) > 1 && s[0] == '1' && s[1] == ' ' {
		s = s[2:]
	}
	return s
}

// level cuts off "INFO " and "[INFO] ". Not "ERROR: ", after which a time is as
// likely what the message is about.
func level(s []byte) []byte {
	i := 0
	bracket := len(s) > 0 && s[0] == '['
	if bracket {
		i++
	}
	start := i
	for i < len(s) && 'A' <= s[i] && s[i] <= 'Z' {
		i++
	}
	switch string(s[start:i]) {
	case "TRACE", "DEBUG", "INFO", "NOTICE", "WARN", "WARNING", "ERROR", "SEVERE", "CRITICAL", "FATAL", "D", "I", "W", "E", "F":
	default:
		return s
	}
	rest := colour(s[i:])
	if bracket {
		i = blanks(rest, 0)
		if i == len(rest) || rest[i] != ']' {
			return s
		}
		rest = colour(rest[i+1:])
	}
	if i = blanks(rest, 0); i == 0 {
		return s
	}
	return colour(rest[i:])
}
