// Package month is UTC month arithmetic and the names and bounds of monthly
// partitions. It is pure: no database, no clock.
package month

import (
	"fmt"
	"time"

	"github.com/attribution-dev/attribution/internal/event"
)

// A Month is one calendar month in UTC, counted from January of year 0.
type Month int

// Of is the month that holds t.
func Of(t time.Time) Month {
	t = t.UTC()
	return Month(t.Year()*12 + int(t.Month()) - 1)
}

// OfMicros is the month that holds the instant.
func OfMicros(m event.Micros) Month { return Of(m.Time()) }

// Parse reads "2018-01" or "2018_01".
func Parse(s string) (Month, error) {
	for _, layout := range []string{"2006-01", "2006_01"} {
		if t, err := time.Parse(layout, s); err == nil {
			return Of(t), nil
		}
	}
	return 0, fmt.Errorf("month %q: want YYYY-MM, such as 2018-01", s)
}

// Start is the first instant of the month.
func (m Month) Start() time.Time {
	return time.Date(int(m)/12, time.Month(int(m)%12+1), 1, 0, 0, 0, 0, time.UTC)
}

// Next is the month after m.
func (m Month) Next() Month { return m + 1 }

// String is "2018-01", as users write it.
func (m Month) String() string { return m.Start().Format("2006-01") }

// Suffix is "2018_01", the end of a partition's name.
func (m Month) Suffix() string { return m.Start().Format("2006_01") }

// From is the SQL literal of the month's first instant. It names the offset, so
// that it means the same under every TimeZone. DDL takes no bind parameters; this
// and To are the only values ever written into a statement.
func (m Month) From() string { return m.Start().Format("'2006-01-02 00:00:00+00'") }

// To is the SQL literal of the first instant after the month.
func (m Month) To() string { return m.Next().From() }

// FromDate is the SQL literal of the month's first day.
func (m Month) FromDate() string { return m.Start().Format("'2006-01-02'") }

// ToDate is the SQL literal of the first day after the month.
func (m Month) ToDate() string { return m.Next().FromDate() }

// Through lists the months from m to last, both included.
func (m Month) Through(last Month) []Month {
	var all []Month
	for ; m <= last; m++ {
		all = append(all, m)
	}
	return all
}
