package config

import (
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/attribution-dev/attribution/internal/pg"
)

var currencyCode = regexp.MustCompile(`^[A-Z]{3}$`)

// validate sees that currencies and rates are some, and that each list is kept in one
// place.
func (m *Money) validate() (errs []error) {
	bad := func(key, format string, args ...any) {
		errs = append(errs, fmt.Errorf("money.%s: %s", key, fmt.Sprintf(format, args...)))
	}
	if !currencyCode.MatchString(m.Currency) {
		bad("currency", "%q is no code of three capitals such as USD", m.Currency)
	}
	for _, code := range slices.Sorted(maps.Keys(m.Rates)) {
		rate := m.Rates[code]
		switch {
		case !currencyCode.MatchString(code):
			bad("rates", "%q is no code of three capitals such as EUR", code)
		case code == m.Currency:
			bad("rates", "%s is the reporting currency, whose rate is 1: leave it out", code)
		case !(rate >= 1e-9 && rate <= 1e9):
			bad("rates", "%s is worth %g %s: give a rate above 0, what one %s is worth", code, rate, m.Currency, code)
		}
	}
	if m.Spend.Table != "" && m.Spend.File != "" {
		bad("spend", "table and file are both given: leave one of them out")
	}
	if m.Revenue.Table != "" && m.Revenue.Query != "" {
		bad("revenue", "table and query are both given: leave one of them out")
	}
	for _, t := range []struct{ key, table string }{{"spend.table", m.Spend.Table}, {"revenue.table", m.Revenue.Table}} {
		if _, err := pg.ParseTable(t.table); t.table != "" && err != nil {
			bad(t.key, "%v", err)
		}
	}
	return errs
}
