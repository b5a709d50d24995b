package logtime

import "bytes"

// The functions here read a time at the start of s into m, all of it anew. They
// return how long its text is, or 0 when it is none.

// iso reads 2026-11-23T21:00:20 and what else begins with the year. The / is of
// Go's log package and nginx, the . of ClickHouse.
func iso(s []byte, m *moment) int {
	if len(s) < 19 || s[4] != s[7] {
		return 0
	}
	switch s[4] {
	case '-':
		if s[10] != 'T' && s[10] != ' ' {
			return 0
		}
	case '/', '.':
		if s[10] != ' ' {
			return 0
		}
	default:
		return 0
	}
	*m = moment{year: four(s), month: two(s[5:]), day: two(s[8:])}
	return m.clock(s, 11)
}

// dayFirst reads 23/Nov/2026:21:00:20, 23-Nov-2026 21:00:20 and 23 Nov 2026
// 21:00:20.
func dayFirst(s []byte, m *moment) int {
	if len(s) < 20 || s[2] != s[6] || (s[2] != '/' && s[2] != '-' && s[2] != ' ') {
		return 0
	}
	if s[11] != ' ' && (s[11] != ':' || s[2] != '/') {
		return 0
	}
	*m = moment{year: four(s[7:]), month: monthName(s[3:]), day: two(s)}
	return m.clock(s, 12)
}

// redis reads 1:M 23 Nov 2026 21:00:20.123: the process, its role, the time.
func redis(s []byte, m *moment) int {
	i := 0
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	if i+3 > len(s) || s[i] != ':' || !isLetter(s[i+1]) || s[i+2] != ' ' {
		return 0
	}
	i += 3
	if n := dayFirst(s[i:], m); n > 0 {
		return i + n
	}
	return 0
}

// klog reads I1123 21:00:20.123456, and glog's I20261123 21:00:20.123456.
func klog(s []byte, m *moment) int {
	if len(s) < 22 || !isDigit(s[1]) {
		return 0
	}
	switch s[0] {
	case 'I', 'W', 'E', 'F':
	default:
		return 0
	}
	i := 1
	if s[5] == ' ' {
		*m = moment{yearless: true}
	} else {
		*m = moment{year: four(s[1:])}
		i = 5
	}
	if len(s) < i+21 || s[i+4] != ' ' || s[i+13] != '.' || s[i+20] != ' ' {
		return 0
	}
	m.month, m.day = two(s[i:]), two(s[i+2:])
	return m.clock(s, i+5)
}

// monthFirst reads Nov 23 21:00:20, with a day of one digit padded or not, and
// Nov 23, 2026 9:00:20 PM.
func monthFirst(s []byte, m *moment) int {
	if len(s) < 14 || s[3] != ' ' || monthName(s) == 0 {
		return 0
	}
	*m = moment{yearless: true, month: monthName(s)}
	i := 4
	if s[i] == ' ' {
		i++
	}
	if m.day = one(s[i:]); i == 4 && isDigit(s[5]) {
		m.day = two(s[4:])
		i++
	}
	switch i++; s[i] {
	case ' ':
		return m.clock(s, i+1)
	case ',':
		return m.halfDay(s, i+1)
	}
	return 0
}

// halfDay reads " 2026 9:00:20 PM" at s[i:].
func (m *moment) halfDay(s []byte, i int) int {
	if len(s) < i+16 || s[i] != ' ' || s[i+5] != ' ' {
		return 0
	}
	m.year, m.yearless = four(s[i+1:]), false
	i += 6
	hour := one(s[i:])
	if i++; isDigit(s[i]) {
		hour = two(s[i-1:])
		i++
	}
	if len(s) < i+8 || s[i] != ':' || s[i+3] != ':' || hour < 1 || hour > 12 {
		return 0
	}
	m.hour, m.minute, m.second = hour%12, two(s[i+1:]), two(s[i+4:])
	i += 6
	if s[i] == ' ' {
		i++
	} else if len(s) > i+3 && string(s[i:i+3]) == "\u202f" { // from Java 20 on
		i += 3
	}
	if len(s) < i+2 || s[i+1] != 'M' || (s[i] != 'A' && s[i] != 'P') {
		return 0
	}
	if s[i] == 'P' {
		m.hour += 12
	}
	return m.end(s, i+2)
}

// weekdayFirst reads Mon Nov 23 21:00:20 2026, where fraction and zone may stand
// before the year, and Mon, 23 Nov 2026 21:00:20 GMT.
func weekdayFirst(s []byte, m *moment) int {
	if len(s) < 24 {
		return 0
	}
	weekday, n := weekdayName(s), 0
	switch {
	case weekday == 0:
		return 0
	case s[3] == ',' && s[4] == ' ':
		if n = dayFirst(s[5:], m) + 5; n == 5 {
			return 0
		}
	case s[3] == ' ':
		n = monthFirst(s[4:], m) + 4
		if n == 4 || !m.yearless || len(s) < n+5 || s[n] != ' ' {
			return 0
		}
		m.year, m.yearless = four(s[n+1:]), false
		n = m.end(s, n+5)
	}
	m.weekday = weekday
	return n
}

// access reads the [23/Nov/2026:21:00:20 +0000] somewhere in line.
func access(line []byte, m *moment) int {
	head := line[:min(len(line), accessReach)]
	for i := 0; ; {
		n := bytes.IndexByte(head[i:], '[')
		if n < 0 {
			return 0
		}
		i += n + 1
		if i > 1 && line[i-2] != ' ' {
			continue
		}
		if n = dayFirst(line[i:], m); n > 0 && line[i+2] == '/' && i+n < len(line) && line[i+n] == ']' {
			return i + n
		}
	}
}

func monthName(s []byte) int {
	switch string(s[:3]) {
	case "Jan":
		return 1
	case "Feb":
		return 2
	case "Mar":
		return 3
	case "Apr":
		return 4
	case "May":
		return 5
	case "Jun":
		return 6
	case "Jul":
		return 7
	case "Aug":
		return 8
	case "Sep":
		return 9
	case "Oct":
		return 10
	case "Nov":
		return 11
	case "Dec":
		return 12
	}
	return 0
}

func weekdayName(s []byte) int {
	switch string(s[:3]) {
	case "Sun":
		return 1
	case "Mon":
		return 2
	case "Tue":
		return 3
	case "Wed":
		return 4
	case "Thu":
		return 5
	case "Fri":
		return 6
	case "Sat":
		return 7
	}
	return 0
}
