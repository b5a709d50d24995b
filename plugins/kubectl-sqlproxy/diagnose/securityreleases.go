package diagnose

import (
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
)

// release is a version and the day, in UTC, of its tag.
type release struct {
	proxy.Version
	year  int
	month time.Month
	day   int
}

// releases are the first of each minor version, and the newest that is known, in order:
// the tags of the proxies' repositories, as of August 2026.
func releases(e proxy.Engine) []release {
	switch e {
	case proxy.V2:
		return []release{
			{v(2, 0, 0), 2023, 1, 17}, {v(2, 1, 0), 2023, 2, 21}, {v(2, 2, 0), 2023, 4, 18}, {v(2, 3, 0), 2023, 5, 16},
			{v(2, 4, 0), 2023, 6, 20}, {v(2, 5, 0), 2023, 7, 11}, {v(2, 6, 0), 2023, 7, 18}, {v(2, 7, 0), 2023, 9, 19},
			{v(2, 8, 0), 2023, 12, 4}, {v(2, 9, 0), 2024, 2, 20}, {v(2, 10, 0), 2024, 3, 14}, {v(2, 11, 0), 2024, 4, 16},
			{v(2, 12, 0), 2024, 7, 17}, {v(2, 13, 0), 2024, 8, 14}, {v(2, 14, 0), 2024, 10, 23}, {v(2, 15, 0), 2025, 1, 30},
			{v(2, 16, 0), 2025, 4, 28}, {v(2, 17, 0), 2025, 6, 11}, {v(2, 18, 0), 2025, 7, 11}, {v(2, 19, 0), 2025, 10, 29},
			{v(2, 20, 0), 2025, 12, 9}, {v(2, 21, 0), 2026, 1, 16}, {v(2, 22, 0), 2026, 5, 21}, {v(2, 23, 0), 2026, 6, 26},
			{v(2, 24, 0), 2026, 7, 24}, {v(2, 25, 0), 2026, 8, 8}, {v(2, 25, 3), 2026, 8, 20},
		}
	case proxy.V1:
		return []release{
			{v(1, 5, 0), 2016, 4, 27}, {v(1, 11, 0), 2017, 9, 29}, {v(1, 12, 0), 2018, 9, 7}, {v(1, 13, 0), 2018, 10, 9},
			{v(1, 14, 0), 2019, 4, 5}, {v(1, 15, 0), 2019, 8, 28}, {v(1, 16, 0), 2019, 10, 9}, {v(1, 17, 0), 2020, 4, 22},
			{v(1, 18, 0), 2020, 9, 8}, {v(1, 19, 0), 2020, 11, 18}, {v(1, 20, 0), 2021, 2, 25}, {v(1, 25, 0), 2021, 9, 7},
			{v(1, 28, 0), 2022, 1, 4}, {v(1, 30, 0), 2022, 4, 5}, {v(1, 33, 0), 2022, 10, 25}, {v(1, 34, 0), 2024, 2, 20},
			{v(1, 37, 0), 2024, 8, 14}, {v(1, 38, 0), 2026, 5, 21}, {v(1, 38, 3), 2026, 8, 13},
		}
	case proxy.AlloyDB:
		return []release{
			{v(0, 1, 0), 2022, 4, 27}, {v(1, 0, 0), 2022, 12, 13}, {v(1, 1, 0), 2023, 1, 17}, {v(1, 2, 0), 2023, 2, 21},
			{v(1, 3, 0), 2023, 6, 20}, {v(1, 4, 0), 2023, 9, 19}, {v(1, 5, 0), 2023, 11, 15}, {v(1, 6, 0), 2023, 12, 4},
			{v(1, 7, 0), 2024, 1, 29}, {v(1, 8, 0), 2024, 3, 14}, {v(1, 9, 0), 2024, 4, 17}, {v(1, 10, 0), 2024, 5, 15},
			{v(1, 11, 0), 2024, 8, 15}, {v(1, 12, 0), 2024, 12, 11}, {v(1, 13, 0), 2025, 3, 14}, {v(1, 14, 0), 2026, 3, 10},
			{v(1, 15, 0), 2026, 5, 21}, {v(1, 15, 2), 2026, 7, 15},
		}
	}
	return nil
}

func v(major, minor, patch int) proxy.Version {
	return proxy.Version{Major: major, Minor: minor, Patch: patch}
}

func (r release) date() time.Time { return time.Date(r.year, r.month, r.day, 0, 0, 0, 0, time.UTC) }

// releasedBy is a day on which a version was there already: its own, or that of the next
// in the table. It is zero for versions that are not known, or newer than the table.
func releasedBy(p proxy.Program) time.Time {
	if !p.Version.Known() {
		return time.Time{}
	}
	for _, r := range releases(p.Engine) {
		if !r.Before(p.Version) {
			return r.date()
		}
	}
	return time.Time{}
}

// newest is the newest version that the table has of an engine.
func newest(e proxy.Engine) proxy.Version {
	all := releases(e)
	return all[len(all)-1].Version
}
