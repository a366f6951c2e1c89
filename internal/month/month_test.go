package month_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/event"
	"github.com/attribution-dev/attribution/internal/month"
)

func TestMonthOverYearEnds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ month, suffix, from, to, fromDate, toDate string }{
		{"2018-01", "2018_01", "'2018-01-01 00:00:00+00'", "'2018-02-01 00:00:00+00'", "'2018-01-01'", "'2018-02-01'"},
		{"2018-12", "2018_12", "'2018-12-01 00:00:00+00'", "'2019-01-01 00:00:00+00'", "'2018-12-01'", "'2019-01-01'"},
		{"2024-02", "2024_02", "'2024-02-01 00:00:00+00'", "'2024-03-01 00:00:00+00'", "'2024-02-01'", "'2024-03-01'"},
		{"2000-01", "2000_01", "'2000-01-01 00:00:00+00'", "'2000-02-01 00:00:00+00'", "'2000-01-01'", "'2000-02-01'"},
		{"2099-12", "2099_12", "'2099-12-01 00:00:00+00'", "'2100-01-01 00:00:00+00'", "'2099-12-01'", "'2100-01-01'"},
		{"0001-01", "0001_01", "'0001-01-01 00:00:00+00'", "'0001-02-01 00:00:00+00'", "'0001-01-01'", "'0001-02-01'"},
	} {
		for _, text := range []string{c.month, c.suffix} {
			m, err := month.Parse(text)
			require.NoError(t, err)
			require.Equal(t, []string{c.month, c.suffix, c.from, c.to, c.fromDate, c.toDate},
				[]string{m.String(), m.Suffix(), m.From(), m.To(), m.FromDate(), m.ToDate()})
			require.Equal(t, m, month.Of(m.Start()))
			require.Equal(t, m, month.Of(m.Next().Start().Add(-time.Nanosecond)))
			require.Equal(t, m+1, month.Of(m.Next().Start()))
		}
	}
}

func TestMonthsAreOfUTC(t *testing.T) {
	t.Parallel()
	east := time.Date(2019, 1, 1, 3, 0, 0, 0, time.FixedZone("", 4*3600))
	west := time.Date(2018, 12, 31, 22, 0, 0, 0, time.FixedZone("", -8*3600))
	require.Equal(t, "2018-12", month.Of(east).String())
	require.Equal(t, "2019-01", month.Of(west).String())
	require.Equal(t, "2018-12", month.OfMicros(event.MicrosOf(east)).String())
	require.Equal(t, "1969-12", month.OfMicros(-1).String())
	require.Equal(t, "1970-01", month.OfMicros(0).String())
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{
		"", "2018", "2018-1", "2018-13", "2018-00", "2018/01", "2018-01-01", " 2018-01", "2018-01 ", "201801", "18-01", "2018_01_signup",
		"2018-0x", "'; DROP TABLE", "-2018-01", "20180-01", "２０１８-01", "before",
	} {
		_, err := month.Parse(bad)
		require.ErrorContains(t, err, "want YYYY-MM, such as 2018-01", "%q", bad)
	}
}

func TestEveryMonthRoundTrips(t *testing.T) {
	t.Parallel()
	first, err := month.Parse("2000-01")
	require.NoError(t, err)
	last, err := month.Parse("2100-12")
	require.NoError(t, err)
	all := first.Through(last)
	require.Len(t, all, 101*12)
	require.True(t, slices.IsSorted(all))
	for i, m := range all {
		require.Equal(t, 1, m.Start().Day())
		require.Equal(t, time.UTC, m.Start().Location())
		for _, text := range []string{m.String(), m.Suffix()} {
			parsed, err := month.Parse(text)
			require.NoError(t, err)
			require.Equal(t, m, parsed)
		}
		if i > 0 {
			require.Equal(t, all[i-1].To(), m.From(), "bounds are contiguous")
			require.Equal(t, all[i-1].ToDate(), m.FromDate())
		}
	}
	require.Equal(t, []month.Month{first}, first.Through(first))
	require.Empty(t, last.Through(first))
}

func TestOfHoldsEveryInstant(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 1))
	for range 20_000 {
		at := event.MinTime + event.Micros(r.Int64N(int64(event.MaxTime-event.MinTime)))
		m := month.OfMicros(at)
		require.False(t, at.Time().Before(m.Start()))
		require.True(t, at.Time().Before(m.Next().Start()))
	}
}
