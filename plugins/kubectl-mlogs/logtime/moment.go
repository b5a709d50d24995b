package logtime

import "time"

const (
	firstYear = 1990
	lastYear  = 2200
)

// ahead is how far after Parser.Now a time without a year may be. Logs are not
// written in the future; this is for clocks that are wrong, and for a Now that
// is not quite the end of the log.
const ahead = 30 * 24 * time.Hour

// moment is what the text of a time says, right or wrong.
type moment struct {
	year, month, day     int // year is 0 with yearless; -1 is no number
	hour, minute, second int
	fraction             int64 // nanoseconds
	yearless             bool
	weekday              int    // 1 is Sunday; 0 is not said
	zoned                bool   // offset is said
	offset               int64  // seconds east of UTC
	abbreviation         []byte // of a zone; nil is not said
}

// nanos returns the Unix nanoseconds of m; ok is false when there is no such
// time.
func (p *Parser) nanos(m *moment) (nanos int64, ok bool) {
	if uint(m.hour) > 23 || uint(m.minute) > 59 || uint(m.second) > 59 || uint(m.month-1) > 11 || uint(m.day-1) > 30 {
		return 0, false
	}
	if !m.yearless && (m.year < firstYear || m.year > lastYear) {
		return 0, false
	}
	if key := m.key(); key != p.key {
		unix, ok := p.seconds(m)
		if !ok {
			return 0, false
		}
		p.key, p.unix = key, unix
	}
	if m.weekday > 0 && date(m.year, m).Weekday() != time.Weekday(m.weekday-1) {
		return 0, false
	}
	if m.abbreviation != nil {
		if name, _ := time.Unix(p.unix, 0).In(p.zone()).Zone(); name != string(m.abbreviation) {
			return 0, false
		}
	}
	return (p.unix-m.offset)*int64(time.Second) + m.fraction, true
}

// key packs what seconds looks at, once it is in range; it is never 0.
func (m *moment) key() int64 {
	key := ((int64(m.year)<<4|int64(m.month))<<5|int64(m.day))<<5 | int64(m.hour)
	key = ((key<<6|int64(m.minute))<<6 | int64(m.second)) << 1
	if m.zoned {
		key++
	}
	return key
}

// seconds returns the Unix seconds of m without its offset. A time that the
// clocks of Zone skip is taken as if they had not.
func (p *Parser) seconds(m *moment) (unix int64, ok bool) {
	zone := time.UTC
	if !m.zoned {
		zone = p.zone()
	}
	year := m.year
	if m.yearless {
		year = p.year(m, zone)
	}
	if date(year, m).Day() != m.day {
		return 0, false
	}
	return time.Date(year, time.Month(m.month), m.day, m.hour, m.minute, m.second, 0, zone).Unix(), true
}

// year gives m, which says none, the year that fits Now. 29 February gets none
// other than its neighbours, and so may be no day at all.
func (p *Parser) year(m *moment, zone *time.Location) int {
	now := p.Now
	if now.IsZero() {
		now = time.Now()
	}
	latest := now.Add(ahead).In(zone)
	year := latest.Year()
	if time.Date(year, time.Month(m.month), m.day, m.hour, m.minute, m.second, 0, zone).After(latest) {
		year--
	}
	return year
}

func (p *Parser) zone() *time.Location {
	if p.Zone == nil {
		return time.UTC
	}
	return p.Zone
}

// date is midnight of m's day in that year, or of another day where the month
// has no such day.
func date(year int, m *moment) time.Time {
	return time.Date(year, time.Month(m.month), m.day, 0, 0, 0, 0, time.UTC)
}
