package config_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/config"
)

func TestMoney(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		money config.Money
		says  string
	}{
		{config.Money{Currency: "EUR", Rates: map[string]float64{"USD": 0.92, "JPY": 0.006}, Spend: config.Spend{Table: "marketing.spend"}, Revenue: config.Revenue{Query: "q.sql"}}, ""},
		{config.Money{Currency: "Euro"}, `money.currency: "Euro" is no code of three capitals`},
		{config.Money{}, `money.currency: "" is no code`},
		{config.Money{Currency: "EUR", Rates: map[string]float64{"EUR": 1}}, "money.rates: EUR is the reporting currency"},
		{config.Money{Currency: "EUR", Rates: map[string]float64{"usd": 1}}, `money.rates: "usd" is no code`},
		{config.Money{Currency: "EUR", Rates: map[string]float64{"USD": 0}}, "money.rates: USD is worth 0 EUR"},
		{config.Money{Currency: "EUR", Rates: map[string]float64{"USD": -1}}, "give a rate above 0"},
		{config.Money{Currency: "EUR", Rates: map[string]float64{"USD": math.NaN()}}, "USD is worth NaN EUR"},
		{config.Money{Currency: "EUR", Rates: map[string]float64{"USD": math.Inf(1)}}, "USD is worth +Inf EUR"},
		{config.Money{Currency: "EUR", Spend: config.Spend{Table: "a.b", File: "f"}}, "money.spend: table and file are both given"},
		{config.Money{Currency: "EUR", Revenue: config.Revenue{Table: "a.b", Query: "f"}}, "money.revenue: table and query are both given"},
		{config.Money{Currency: "EUR", Spend: config.Spend{Table: "spend"}}, `money.spend.table: "spend" is no table such as marketing.spend`},
		{config.Money{Currency: "EUR", Revenue: config.Revenue{Table: "a.b.c"}}, `money.revenue.table: "a.b.c" is no table`},
	} {
		all := config.New()
		all.Money = c.money
		if err := all.Validate(); c.says == "" {
			require.NoError(t, err)
		} else {
			require.ErrorContains(t, err, c.says)
		}
	}
	all, err := config.Load("", []string{"ATTRIBUTION_MONEY_CURRENCY=CHF", "ATTRIBUTION_MONEY_RATES=EUR:0.95,USD:0.88", "ATTRIBUTION_MONEY_SPEND_FILE=s.csv", "ATTRIBUTION_MONEY_REVENUE_TABLE=billing.payments"})
	require.NoError(t, err)
	require.Equal(t, config.Money{
		Currency: "CHF", Rates: map[string]float64{"EUR": 0.95, "USD": 0.88}, Spend: config.Spend{File: "s.csv"}, Revenue: config.Revenue{Table: "billing.payments"},
	}, all.Money)
}
