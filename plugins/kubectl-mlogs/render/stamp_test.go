package render

import (
	"testing"
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/record"
)

func TestClock(t *testing.T) {
	east, west := time.FixedZone("", 5*3600+1800), time.FixedZone("", -3*3600)
	for _, test := range []struct {
		name   string
		zone   *time.Location
		stamps Stamps
		time   int64
		want   string
	}{
		{"epoch", time.UTC, RFC3339, 0, "1970-01-01T00:00:00.000000000Z"},
		{"all digits", time.UTC, RFC3339, 1_123_456_789, "1970-01-01T00:00:01.123456789Z"},
		{"leading zeros", time.UTC, RFC3339, 7, "1970-01-01T00:00:00.000000007Z"},
		{"just before 1970", time.UTC, RFC3339, -1, "1969-12-31T23:59:59.999999999Z"},
		{"a whole second before", time.UTC, RFC3339, -1_000_000_000, "1969-12-31T23:59:59.000000000Z"},
		{"more before", time.UTC, RFC3339, -1_500_000_000, "1969-12-31T23:59:58.500000000Z"},
		{"east", east, RFC3339, 0, "1970-01-01T05:30:00.000000000+05:30"},
		{"west, the day before", west, RFC3339, 0, "1969-12-31T21:00:00.000000000-03:00"},
		{"short", time.UTC, Short, 3_723_004_999_999, "01:02:03.004"},
		{"short is cut, not rounded", time.UTC, Short, 999_999_999, "00:00:00.999"},
		{"short, east", east, Short, 0, "05:30:00.000"},
		{"short, before 1970", time.UTC, Short, -1_000_000, "23:59:59.999"},
		{"unknown", time.UTC, RFC3339, record.NoTime, "-"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newClock(test.zone, test.stamps)
			for range 2 { // anew, and of the same second
				if got := string(c.append([]byte(">"), test.time)); got != ">"+test.want {
					t.Errorf("got %q, want %q", got, ">"+test.want)
				}
			}
		})
	}
}

// The zone is that of each line's own time.
func TestClockOverADaylightSavingChange(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("no time zone database: ", err)
	}
	change := time.Date(2024, 3, 31, 1, 0, 0, 0, time.UTC).UnixNano() // 02:00 becomes 03:00
	c := newClock(zone, RFC3339)
	for _, test := range []struct {
		time int64
		want string
	}{
		{change - 1, "2024-03-31T01:59:59.999999999+01:00"},
		{change, "2024-03-31T03:00:00.000000000+02:00"},
		{change - 1, "2024-03-31T01:59:59.999999999+01:00"},
	} {
		if got := string(c.append(nil, test.time)); got != test.want {
			t.Errorf("got %s, want %s", got, test.want)
		}
	}
}

func FuzzClock(f *testing.F) {
	f.Add(int64(0), int64(-1), 0)
	f.Add(int64(1_700_000_000_123_456_789), int64(1_700_000_000_123_456_780), 3600)
	f.Fuzz(func(t *testing.T, first, next int64, offset int) {
		zone := time.FixedZone("", offset%(24*3600)/60*60)
		long, short := newClock(zone, RFC3339), newClock(zone, Short)
		for _, at := range []int64{first, next, first} {
			if at == record.NoTime {
				continue
			}
			want := time.Unix(0, at).In(zone)
			if got, want := string(long.append(nil, at)), want.Format("2006-01-02T15:04:05.000000000Z07:00"); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
			if got, want := string(short.append(nil, at)), want.Format("15:04:05.000"); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		}
	})
}
