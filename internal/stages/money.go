package stages

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/attribution-dev/attribution/internal/channel"
	"github.com/attribution-dev/attribution/internal/csvfile"
	"github.com/attribution-dev/attribution/internal/event"
	"github.com/attribution-dev/attribution/internal/pg"
)

// Money is where spend and payments are kept, and what they are counted in.
type Money struct {
	Currency     string             // of amounts without one, and what others are converted to
	Rates        map[string]float64 // what one unit of another currency is worth in it
	SpendTable   string             // schema.table; empty: none
	SpendFile    string             // CSV; empty: none
	RevenueTable string             // schema.table; empty: none
	RevenueQuery string             // a file with one SELECT; empty: none
}

// maxAmount is the greatest amount believed: beyond it sums of double precision have no
// cents. Source: ours.
const maxAmount = "1000000000000000"

func (m *Money) spend() *amounts {
	return &amounts{setting: "money.spend", table: m.SpendTable, file: m.SpendFile, columns: csvfile.Columns{
		Names:    []string{"date", "source", "medium", "campaign", "cost", "currency"},
		Optional: []string{"medium", "campaign", "currency"},
	}}
}

func (m *Money) revenue() *amounts {
	return &amounts{setting: "money.revenue", table: m.RevenueTable, query: m.RevenueQuery, columns: csvfile.Columns{
		Names:    []string{"user_id", "amount", "time", "currency"},
		Optional: []string{"currency"},
	}}
}

// A moneyTable is one of ours that is made anew of such a list.
type moneyTable struct {
	name    string // of the published table
	create  string // statement that makes the table for rows as read
	fill    string // statement that fills the published table from it
	columns []string
	row     func(in *Input, out *pg.Rows, values []string) error
}

var moneyTables = []moneyTable{
	{"spend", "320_create_spend_read.sql", "331_fill_spend.sql", []string{"spent_on", "source", "medium", "campaign", "channel", "cost", "currency"}, spendRow},
	{"revenue", "321_create_revenue_read.sql", "332_fill_revenue.sql", []string{"user_id", "currency", "amount", "paid_at"}, revenueRow},
}

// money makes spend, revenue and channel_performance anew, in the transaction that
// publishes the paths and conversions given, or has published them. A list that cannot be
// read is a warning, and leaves what its last good reading gave.
func (in *Input) money(ctx context.Context, tx pgx.Tx, paths, conversions pg.Table, r *Result) error {
	exec := func(file string, d pg.Data, args pg.Args) error {
		_, err := in.DB.Exec(ctx, tx, "07_attribute/"+file, d, args)
		return err
	}
	m := &in.Settings.Money
	asked := in.asksForMoney()
	if !asked {
		var left bool
		if err := in.DB.Scan(ctx, tx, "07_attribute/360_has_amounts.sql", pg.Data{}, none, &left); err != nil || !left {
			return err
		}
	}
	if err := exec("300_plan_freely.sql", pg.Data{}, none); err != nil {
		return err
	}
	for i, list := range []*amounts{m.spend(), m.revenue()} {
		if err := in.takeMoney(ctx, tx, &moneyTables[i], list, r); err != nil {
			return err
		}
	}
	if err := exec("330_clear.sql", pg.Data{Table: in.publishedTable("channel_performance").Ident()}, none); err != nil {
		return err
	}
	if !asked {
		return nil
	}
	currencies, rates := []string{m.Currency}, []string{"1"}
	for _, currency := range slices.Sorted(maps.Keys(m.Rates)) {
		currencies = append(currencies, currency)
		rates = append(rates, strconv.FormatFloat(m.Rates[currency], 'f', -1, 64))
	}
	d := pg.Data{Table: paths.Ident(), Other: conversions.Ident(), Flag: m.revenue().given()}
	if err := exec("340_fill_performance.sql", d, pg.Args{"currency": m.Currency, "currencies": currencies, "rates": rates, "most": maxAmount}); err != nil {
		return err
	}
	unrated, err := pg.Collect(ctx, in.DB, tx, "07_attribute/350_read_unrated.sql", pg.Data{}, pg.Args{"currency": m.Currency}, pgx.RowTo[string])
	if err != nil {
		return err
	}
	if len(unrated) > 0 && !in.DB.Dry() {
		r.warnOnce(fmt.Sprintf("money.rates has no rate of %q: amounts in them stand in rows of their own in channel_performance, and in no sum of %s: add what one unit is worth in %s", unrated, m.Currency, m.Currency))
	}
	return nil
}

// takeMoney reads the list on another connection, whose errors leave the transaction as it
// is, and puts its rows in the place of those there are.
func (in *Input) takeMoney(ctx context.Context, tx pgx.Tx, t *moneyTable, list *amounts, r *Result) error {
	exec := func(file string, d pg.Data) error {
		_, err := in.DB.Exec(ctx, tx, "07_attribute/"+file, d, none)
		return err
	}
	clearing := pg.Data{Table: in.publishedTable(t.name).Ident()}
	if !list.given() {
		return exec("330_clear.sql", clearing)
	}
	if err := exec(t.create, pg.Data{}); err != nil {
		return err
	}
	var rows pg.Rows
	var copied error
	n := int64(0)
	flush := func() error {
		_, copied = in.DB.Copy(ctx, tx, pg.Table{Schema: "pg_temp", Name: t.name + "_read"}, t.columns, false, &rows)
		return copied
	}
	err := list.read(ctx, in, func(values []string) error {
		n++
		if err := t.row(in, &rows, values); err != nil {
			return err
		}
		if rows.Full() {
			return flush()
		}
		return nil
	})
	switch {
	case copied != nil:
		return copied
	case ctx.Err() != nil:
		return errors.Join(err, ctx.Err())
	case err != nil:
		r.warnOnce(fmt.Sprintf("%s cannot be read: %s; sessions.%s keeps what it had", list.setting, strings.TrimSpace(err.Error()), t.name))
		return nil
	}
	r.set(t.name+"_rows", n)
	if err := flush(); err != nil {
		return err
	}
	if err := exec("330_clear.sql", clearing); err != nil {
		return err
	}
	return exec(t.fill, pg.Data{})
}

// asksForMoney says whether anything is to be counted in money: without, credits says all
// that channel_performance could, and a night need not make it anew.
func (in *Input) asksForMoney() bool {
	m := &in.Settings.Money
	return in.DB.Dry() || m.spend().given() || m.revenue().given() ||
		slices.ContainsFunc(in.Settings.Conversions, func(c Conversion) bool { return c.Value != "" })
}

// moneyAlone does on a night without anything to publish what money does on others, where
// there is any money.
func (in *Input) moneyAlone(ctx context.Context, r *Result) error {
	if !in.asksForMoney() {
		var left bool
		if err := in.DB.Scan(ctx, in.DB.Pool, "07_attribute/360_has_amounts.sql", pg.Data{}, none, &left); err != nil || !left {
			return err
		}
	}
	return in.DB.Tx(ctx, func(tx pgx.Tx) error {
		return in.money(ctx, tx, in.publishedTable("paths"), in.publishedTable("conversions"), r)
	})
}

// spendRow is a row of spend_read.
func spendRow(in *Input, out *pg.Rows, values []string) error {
	at, err := timeOf("date", values[0])
	if err != nil {
		return err
	}
	cost, err := amountOf("cost", values[4])
	if err != nil {
		return err
	}
	currency, err := in.currency(values[5])
	if err != nil {
		return err
	}
	tags := in.Settings.Rules.Tags(channel.Campaign{Source: values[1], Medium: values[2], Name: values[3]}, "")
	out.Row(7)
	out.Date(int32(at.Unix() / (24 * 60 * 60)))
	out.TextOrNull(tags.Source)
	out.TextOrNull(tags.Medium)
	out.TextOrNull(tags.Campaign)
	out.Text(in.Settings.Rules.Classify(tags, "", "").Channel)
	if err := out.Numeric(cost); err != nil {
		return err
	}
	out.Text(currency)
	return nil
}

// revenueRow is a row of revenue_read.
func revenueRow(in *Input, out *pg.Rows, values []string) error {
	amount, err := amountOf("amount", values[1])
	if err != nil {
		return err
	}
	at, err := timeOf("time", values[2])
	if err != nil {
		return err
	}
	currency, err := in.currency(values[3])
	if err != nil {
		return err
	}
	out.Row(4)
	out.TextOrNull(in.Settings.Blocked.Clean(values[0]))
	out.Text(currency)
	if err := out.Numeric(amount); err != nil {
		return err
	}
	out.Timestamp(int64(event.MicrosOf(at)))
	return nil
}

// amountText is a decimal number as people and Postgres write it.
var amountText = regexp.MustCompile(`^[+-]?([0-9]{1,30}([.][0-9]{0,30})?|[.][0-9]{1,30})([eE][+-]?[0-9]{1,2})?$`)

// amountOf reads an amount, exactly.
func amountOf(column, text string) (n pgtype.Numeric, err error) {
	text = event.Trim(text)
	if text == "" {
		return n, fmt.Errorf("%s is empty: give 0 where it is nothing", column)
	}
	wrong := fmt.Errorf("%s %q is no amount: write such as 1234.50, with a point, without separators and signs of currency", column, text)
	mantissa, exponent, _ := strings.Cut(strings.ToLower(text), "e")
	if !amountText.MatchString(text) || n.Scan(strings.TrimPrefix(mantissa, "+")) != nil {
		return n, wrong
	}
	if e, err := strconv.Atoi(exponent); err == nil {
		n.Exp += int32(e)
	}
	if f, err := n.Float64Value(); err != nil || f.Float64 > 1e15 || f.Float64 < -1e15 {
		return n, fmt.Errorf("%s %q is beyond what is believed (%s)", column, text, maxAmount)
	}
	return n, nil
}

// timeTexts are days and times as people and Postgres write them; without a zone UTC.
var timeTexts = []string{time.DateOnly, "2006-01-02 15:04:05.999999999-07", "2006-01-02 15:04:05.999999999-07:00", "2006-01-02 15:04:05.999999999", time.RFC3339Nano}

// timeOf reads a day or a time.
func timeOf(column, text string) (time.Time, error) {
	text = event.Trim(text)
	for _, layout := range timeTexts {
		at, err := time.Parse(layout, text)
		if err == nil && event.MicrosOf(at) >= event.MinTime && event.MicrosOf(at) < event.MaxTime {
			return at.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%s %q is no day or time from 2000 on: write such as 2024-01-31", column, text)
}

var currencyCode = regexp.MustCompile(`^[A-Z]{3}$`)

// currency reads the code of a currency; none is the reporting currency.
func (in *Input) currency(text string) (string, error) {
	code := strings.ToUpper(event.Trim(text))
	if code == "" {
		return in.Settings.Money.Currency, nil
	}
	if !currencyCode.MatchString(code) {
		return "", fmt.Errorf("currency %q is no code of three letters such as EUR", text)
	}
	return code, nil
}
