package segment

import (
	"github.com/attribution-dev/attribution/internal/event"
)

const (
	microsPerSecond = int64(1_000_000)
	// postgresEpoch is 2000-01-01 00:00:00 UTC, from which Postgres' binary
	// timestamps count, in Unix microseconds.
	postgresEpoch = 946_684_800 * microsPerSecond
	// smallestMillis tells epoch milliseconds from epoch seconds: as milliseconds
	// it is March 1973, as seconds the year 5138. Segment has data of neither.
	smallestMillis = 100_000_000_000
)

// maxStoredTime is the end of year 9999, after which no RFC 3339 time exists.
const maxStoredTime = 253_402_300_800 * microsPerSecond

// looksLikeTime is a quick look whether a string could be a date with a time of
// day, such as "2024-05-01T10:00:00Z".
func looksLikeTime(s []byte) bool {
	return len(s) >= 16 && len(s) <= 40 && s[4] == '-' && s[7] == '-' && s[13] == ':' && isDigit(s[0])
}

// parseTime parses an ISO 8601 / RFC 3339 time to Unix microseconds, truncating
// finer fractions. The zone may be absent (UTC), the T a space, the seconds
// missing; with dateOnly the time of day may be missing too. Years 1 to 9999.
func parseTime(s []byte, dateOnly bool) (int64, bool) {
	if len(s) < 10 || len(s) > 40 || s[4] != '-' || s[7] != '-' {
		return 0, false
	}
	year, ok1 := digits(s[0:4])
	month, ok2 := digits(s[5:7])
	day, ok3 := digits(s[8:10])
	if !ok1 || !ok2 || !ok3 || year < 1 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return 0, false
	}
	at := daysSinceEpoch(year, month, day) * 86_400 * microsPerSecond
	s = s[10:]
	if len(s) == 0 {
		return at, dateOnly
	}
	if s[0] != 'T' && s[0] != 't' && s[0] != ' ' || len(s) < 6 || s[3] != ':' {
		return 0, false
	}
	hour, ok1 := digits(s[1:3])
	minute, ok2 := digits(s[4:6])
	if !ok1 || !ok2 || hour > 23 || minute > 59 {
		return 0, false
	}
	at += (hour*60 + minute) * 60 * microsPerSecond
	s = s[6:]
	if len(s) >= 3 && s[0] == ':' {
		second, ok := digits(s[1:3])
		if !ok || second > 60 { // 60: a leap second, which Postgres takes as the next minute
			return 0, false
		}
		at += second * microsPerSecond
		s = s[3:]
		if len(s) > 1 && (s[0] == '.' || s[0] == ',') && isDigit(s[1]) {
			unit := microsPerSecond
			for s = s[1:]; len(s) > 0 && isDigit(s[0]); s = s[1:] {
				unit /= 10
				at += int64(s[0]-'0') * unit
			}
		}
	}
	offset, ok := zone(s)
	return at - offset*microsPerSecond, ok
}

// zone parses "", "Z", "+hh", "+hhmm" or "+hh:mm" to seconds east of UTC.
func zone(s []byte) (int64, bool) {
	if len(s) > 1 && s[0] == ' ' { // Postgres' own way of writing leaves no space, others' do
		s = s[1:]
	}
	if len(s) == 0 || len(s) == 1 && (s[0] == 'Z' || s[0] == 'z') {
		return 0, true
	}
	if s[0] != '+' && s[0] != '-' || len(s) < 3 {
		return 0, false
	}
	hours, ok := digits(s[1:3])
	var minutes int64
	switch rest := s[3:]; {
	case len(rest) == 2:
		var isNumber bool
		minutes, isNumber = digits(rest)
		ok = ok && isNumber
	case len(rest) == 3 && rest[0] == ':':
		var isNumber bool
		minutes, isNumber = digits(rest[1:])
		ok = ok && isNumber
	case len(rest) != 0:
		return 0, false
	}
	if !ok || hours > 15 || minutes > 59 {
		return 0, false
	}
	offset := (hours*60 + minutes) * 60
	if s[0] == '-' {
		offset = -offset
	}
	return offset, true
}

// messageTime is the instant a value of a well-known time field means: an ISO
// time, or the epoch in milliseconds or seconds, as a number or as its text.
func messageTime(v *value) (event.Micros, bool) {
	n := v.i
	switch v.kind {
	case kindInt:
	case kindFloat:
		if v.f < 0 || v.f > 1e15 {
			return 0, false
		}
		n = int64(v.f)
	case kindText:
		if at, ok := parseTime(v.text, true); ok {
			return event.Micros(at), at < maxStoredTime
		}
		var ok bool
		if n, ok = smallInt(v.text); !ok || len(v.text) != 10 && len(v.text) != 13 {
			return 0, false
		}
	default:
		return 0, false
	}
	if n < 0 || n > maxStoredTime/1000 {
		return 0, false
	}
	if n < smallestMillis {
		return event.Micros(n * microsPerSecond), true
	}
	return event.Micros(n * 1000), n*1000 < maxStoredTime
}

func digits(s []byte) (int64, bool) {
	var n int64
	for _, c := range s {
		if !isDigit(c) {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

func daysIn(year, month int64) int64 {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	default:
		return 31
	}
}

// daysSinceEpoch counts days from 1970-01-01 in the proleptic Gregorian calendar,
// in years that begin in March so that the leap day comes last.
func daysSinceEpoch(year, month, day int64) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	return 365*year + year/4 - year/100 + year/400 + (153*(month-3)+2)/5 + day - 719_469
}
