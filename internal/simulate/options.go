package simulate

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Options say which world to generate. The zero value of every field means its
// default; a rate below zero means none of it at all.
type Options struct {
	// Seed chooses the world. The same Options give the same rows.
	Seed uint64

	// Events is the number of events (rows of tracks, pages and screens, without
	// duplicates) aimed at, from 1,000 to 100 million. What comes out is within 20 %
	// of it from 20,000 on (mostly within 5 %) and within 10 % from 1 million on. Below,
	// the cast of rare phenomena, present in every world, weighs: 1,000 may become
	// 2,000. Default 20,000.
	Events int64

	// From is the first loading day, cut to midnight UTC.
	// Default 2024-01-01, so that 400 days hold a leap day and a year's end.
	From time.Time

	// Days is the number of loading days. Rows that would be loaded later are not
	// written. Below 400, the longest lateness and the longest anonymous history are
	// what fits. Default 400.
	Days int

	// Sources are the Segment schemas the rows are spread over. The second one, where
	// there is one, gets the app: mobile screens, the pages behind the login, and the
	// back end's own events; the others share the websites. Default website, app.
	Sources []string

	// SyncEvery is how often Segment loads what it received: whole hours that divide a
	// day. Rows are uuid_ts'd 5 to 15 minutes after the sync. Default 1h.
	SyncEvery time.Duration

	// DuplicateRows makes tables without Segment's primary key on id, as RudderStack's
	// append mode does, and writes the duplicates into them. Without it a duplicate
	// reaches only files: Segment's tables cannot hold one.
	DuplicateRows bool

	// Customers is the share of units that come to sign up. Default 0.06.
	Customers float64
	// MultiDevice is the share of customers with two or three devices. Default 0.35.
	MultiDevice float64
	// ServerSignups is the share of signups sent by the back end. Default 0.2.
	ServerSignups float64
	// RepeatSignups is the share of customers who send a second signup. Default 0.08.
	RepeatSignups float64
	// AliasCalls is the share of customers with an alias call. Default 0.08.
	AliasCalls float64
	// ClearedCookies is the share of customers one of whose anonymous_ids is never
	// identified, since its cookie was cleared before the signup. Default 0.06.
	ClearedCookies float64
	// SharedDevices is the share of units that are a family of two or three before one
	// computer; a tenth as many are kiosks with 6 to 9 users. Default 0.004.
	SharedDevices float64
	// Bots is the share of units that are crawlers, with a twentieth of Events each,
	// but 50 to 5,000 page views. Default 0.00015.
	Bots float64
	// Late is the share of sessions of which some rows, or all, are received minutes to
	// days late; a twentieth as many are 30 to 400 days late. Default 0.03.
	Late float64
	// Duplicates is the share of sessions of which rows are sent twice. Default 0.02.
	Duplicates float64
	// WrongClocks is the share of sessions whose timestamps are wrong: years ahead,
	// before 2000, two years back, five hours ahead, or missing. Default 0.003.
	WrongClocks float64
	// Misspelt is the share of campaign sessions with utm_soure or utm_souce in place
	// of utm_source. Default 0.01.
	Misspelt float64
	// SinglePageApps is the share of web sessions in which document.referrer stays
	// what it was on landing. Default 0.3.
	SinglePageApps float64
}

// The defaults of Options, each explained at its field. The rates are invented, of
// an order met in real Segment warehouses.
const (
	DefaultEvents    = 20_000
	DefaultDays      = 400
	DefaultSyncEvery = time.Hour

	MinEvents = 1_000
	MaxEvents = 100_000_000
	MaxDays   = 4_000
)

// DefaultFrom is the first loading day unless Options say otherwise.
func DefaultFrom() time.Time { return time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC) }

// DefaultSources are the schemas written unless Options say otherwise.
func DefaultSources() []string { return []string{"website", "app"} }

// withDefaults is o with its zero fields filled in.
func (o Options) withDefaults() Options {
	if o.Events == 0 {
		o.Events = DefaultEvents
	}
	if o.From.IsZero() {
		o.From = DefaultFrom()
	}
	o.From = o.From.UTC().Truncate(24 * time.Hour)
	if o.Days == 0 {
		o.Days = DefaultDays
	}
	if len(o.Sources) == 0 {
		o.Sources = DefaultSources()
	}
	o.Sources = slices.Clone(o.Sources)
	if o.SyncEvery == 0 {
		o.SyncEvery = DefaultSyncEvery
	}
	for _, r := range []struct {
		rate *float64
		or   float64
	}{
		{&o.Customers, 0.06},
		{&o.MultiDevice, 0.35},
		{&o.ServerSignups, 0.2},
		{&o.RepeatSignups, 0.08},
		{&o.AliasCalls, 0.08},
		{&o.ClearedCookies, 0.06},
		{&o.SharedDevices, 0.004},
		{&o.Bots, 0.00015},
		{&o.Late, 0.03},
		{&o.Duplicates, 0.02},
		{&o.WrongClocks, 0.003},
		{&o.Misspelt, 0.01},
		{&o.SinglePageApps, 0.3},
	} {
		if *r.rate == 0 {
			*r.rate = r.or
		}
		*r.rate = max(0, *r.rate)
	}
	return o
}

// validate reports what is wrong with options whose defaults are filled in.
func (o Options) validate() error {
	if o.Events < MinEvents || o.Events > MaxEvents {
		return fmt.Errorf("simulate: %d events: want %d to %d", o.Events, MinEvents, MaxEvents)
	}
	if o.Days < 1 || o.Days > MaxDays {
		return fmt.Errorf("simulate: %d days: want 1 to %d", o.Days, MaxDays)
	}
	if year := o.From.Year(); year < 2001 || year > 2085 {
		return fmt.Errorf("simulate: first day in %d: want 2001 to 2085, so that no true time is taken for a broken clock", year)
	}
	if o.SyncEvery < time.Hour || o.SyncEvery%time.Hour != 0 || 24*time.Hour%o.SyncEvery != 0 {
		return fmt.Errorf("simulate: a sync every %v: want whole hours that divide a day", o.SyncEvery)
	}
	if len(o.Sources) > 200 {
		return fmt.Errorf("simulate: %d sources: want at most 200", len(o.Sources))
	}
	for i, s := range o.Sources {
		if s == "" || len(s) > 63 {
			return fmt.Errorf("simulate: source %q: want the name of a schema, 1 to 63 bytes", s)
		}
		if slices.Contains(o.Sources[:i], s) {
			return fmt.Errorf("simulate: source %q is listed twice", s)
		}
	}
	if o.Customers+o.SharedDevices*1.1+o.Bots > 1 {
		return errors.New("simulate: customers, shared devices and bots are more than all units together")
	}
	return nil
}
