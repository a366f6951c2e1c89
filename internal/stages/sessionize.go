package stages

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/attribution-dev/attribution/internal/event"
	"github.com/attribution-dev/attribution/internal/month"
	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/sessionize"
)

// A waitingMonth is a month with work for stage 2.
type waitingMonth struct {
	month month.Month
	whole bool  // derive all of it anew
	pairs int64 // else: pairs waiting

	events int64 // taken in
}

func runSessionize(ctx context.Context, in Input) (Result, error) {
	var r Result
	all, err := in.months(ctx, in.DB.Pool)
	if err != nil {
		return r, err
	}
	args := none
	if in.Full {
		args = pg.Args{"months": starts(all)}
	}
	waiting, err := pg.Collect(ctx, in.DB, in.DB.Pool, "02_sessionize/010_waiting_months.sql", pg.Data{Flag: in.Full}, args,
		func(row pgx.CollectableRow) (w waitingMonth, err error) {
			var day time.Time
			err = row.Scan(&day, &w.whole, &w.pairs, &w.events)
			w.month = month.Of(day)
			return w, err
		})
	if err != nil {
		return r, err
	}
	if len(waiting) == 0 {
		r.Note = "nothing waits"
		return r, nil
	}
	whole := 0
	for _, w := range waiting {
		if w.whole {
			whole++
		}
	}
	// When every month is derived anew, one mark for the stages after this one says
	// the same as a mark for every pair.
	everything := whole == len(all)
	if everything {
		if err := in.markEverything(ctx, "every month was sessionized anew"); err != nil {
			return r, err
		}
	}
	err = in.buildMonths(ctx, waiting, everything, &r)
	if late := r.Counters["events_late"]; late > 0 {
		r.Note = fmt.Sprintf("%.2g %% of the events came late", 100*float64(late)/float64(max(1, r.RowsIn)))
	}
	if bots := r.Counters["events_bot"]; bots > 0 {
		what := "are of crawlers"
		if in.Settings.ExcludeBots {
			what = "of crawlers are left out"
		}
		r.Note = strings.TrimPrefix(r.Note+"; "+plural(bots, "event")+" "+what, "; ")
	}
	return r, err
}

// buildMonths derives the waiting months, several at once: each is a transaction of
// its own and shares no row with another.
func (in *Input) buildMonths(ctx context.Context, waiting []waitingMonth, everything bool, r *Result) error {
	total := int64(0)
	for _, w := range waiting {
		if !w.whole { // what will be read of it is known when it has been
			total = 0
			break
		}
		total += w.events
	}
	bar := in.Progress("sessionize", "rows", total)
	defer bar.Done()
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(in.workers())
	for _, w := range waiting {
		group.Go(func() error {
			b := &monthBuild{in: in, waitingMonth: w, everything: everything, progress: bar.Add}
			if err := b.run(ctx); err != nil {
				return fmt.Errorf("month %s: %w", w.month, err)
			}
			mu.Lock()
			defer mu.Unlock()
			b.report(r)
			return nil
		})
	}
	return group.Wait()
}

// starts are the first days of months.
func starts(months []month.Month) []time.Time {
	days := make([]time.Time, len(months))
	for i, m := range months {
		days[i] = m.Start()
	}
	return days
}

func (in *Input) markEverything(ctx context.Context, reason string) error {
	for _, stage := range []string{"alias", "resessionize"} {
		if _, err := in.DB.Exec(ctx, in.DB.Pool, "00_shared/040_mark_stage.sql", pg.Data{}, pg.Args{"stage": stage, "reason": reason}); err != nil {
			return err
		}
	}
	return nil
}

// A monthBuild derives the visits, conversions and sightings of one month, in one
// transaction with the worklists.
type monthBuild struct {
	waitingMonth
	in         *Input
	everything bool
	progress   func(int64)

	tx      pgx.Tx
	rebuild map[sessionize.Pair]bool // pairs derived anew
	extract map[int64]bool           // extractions whose rows are appended
	ignore  map[string]bool
	rewards map[string][]string // conversions by the name of a track
	texts   *textCache
	codec   sessionize.Codec

	pairs     map[string]*pairWork // by the identifiers as sent
	key       []byte
	builder   *sessionize.Builder
	sightings map[sightingKey]*sighting
	out       monthRows

	read, written, inVisits, server, ignored, bots, rejected, botEvents, clamped, late, visits, conversions int64
}

// A pairWork is what is known of the pair of an event: found by one look-up for each
// event, where cleaning it, its visits and its sighting would each take one.
// Measured: 0.3 µs less for each event.
type pairWork struct {
	pair     sessionize.Pair // cleaned; as sent where rejected
	rejected bool            // both identifiers are blocked
	all      bool            // all rows of the pair are to be added, not only new ones
	visits   *sessionize.PairVisits
	sighting *sighting
}

// A sightingKey is a pair as it was sighted; AnonymousID is the previous_id when
// alias is set.
type sightingKey struct {
	sessionize.Pair
	alias bool
}

// A sighting is the least row of a pair and its events that are in no visit.
type sighting struct {
	first                           event.Order
	server, ignored, bots, rejected int32
}

func set(names []string) map[string]bool {
	s := make(map[string]bool, len(names))
	for _, n := range names {
		s[n] = true
	}
	return s
}

func (b *monthBuild) run(ctx context.Context) error {
	s := b.in.Settings
	b.builder, b.sightings = sessionize.NewBuilder(s.Gap), map[sightingKey]*sighting{}
	b.pairs, b.texts = map[string]*pairWork{}, newTextCache()
	b.ignore, b.rewards = set(s.IgnoreEvents), map[string][]string{}
	for _, c := range s.AllConversions() {
		for _, name := range c.Events {
			if !slices.Contains(b.rewards[name], c.Name) {
				b.rewards[name] = append(b.rewards[name], c.Name)
			}
		}
	}
	return b.in.DB.Tx(ctx, func(tx pgx.Tx) error {
		b.tx = tx
		args, err := b.prepare(ctx)
		if err != nil {
			return err
		}
		if err := b.streamEvents(ctx, args); err != nil {
			return err
		}
		if err := b.stream(ctx, "02_sessionize/025_read_identities.sql", b.data(), args, b.addIdentity); err != nil {
			return err
		}
		if err := b.flush(ctx); err != nil {
			return err
		}
		return b.finish(ctx)
	})
}

func (b *monthBuild) data() pg.Data {
	return pg.Data{Month: b.month, Full: b.whole, Flag: len(b.rebuild) > 0 || b.in.DB.Dry() && !b.whole}
}

func (b *monthBuild) exec(ctx context.Context, file string, args pg.Args) error {
	_, err := b.in.DB.Exec(ctx, b.tx, "02_sessionize/"+file, b.data(), args)
	return err
}

// prepare removes what will be derived anew and returns the arguments of the reads.
func (b *monthBuild) prepare(ctx context.Context) (pg.Args, error) {
	if b.whole {
		if err := b.markWhole(ctx); err != nil {
			return nil, err
		}
		return none, b.exec(ctx, "040_clear_month.sql", none)
	}
	args := pg.Args{"month": b.month.Start()}
	pairs, err := pg.Collect(ctx, b.in.DB, b.tx, "02_sessionize/015_rebuild_pairs.sql", b.data(), args, pgx.RowToStructByPos[sessionize.Pair])
	if err != nil {
		return nil, err
	}
	extracts, err := pg.Collect(ctx, b.in.DB, b.tx, "02_sessionize/016_new_extracts.sql", b.data(), args, pgx.RowTo[int64])
	if err != nil {
		return nil, err
	}
	b.extract = make(map[int64]bool, len(extracts))
	for _, e := range extracts {
		b.extract[e] = true
	}
	b.rebuild = map[sessionize.Pair]bool{}
	var anonymousIDs, userIDs []string
	for _, raw := range pairs {
		p := b.clean(raw)
		if p == (sessionize.Pair{}) {
			p = raw // rejected events are counted under the identifiers as sent
		}
		if b.rebuild[p] {
			continue
		}
		b.rebuild[p] = true
		anonymousIDs, userIDs = append(anonymousIDs, p.AnonymousID), append(userIDs, p.UserID)
	}
	if len(b.rebuild) > 0 {
		if err := b.deletePairs(ctx, pg.Args{"anonymous_ids": anonymousIDs, "user_ids": userIDs}); err != nil {
			return nil, err
		}
	}
	if !b.data().Flag {
		return pg.Args{"extracts": extracts}, nil
	}
	absent := func(id string) bool { return id == "" }
	return pg.Args{
		"extracts":      extracts,
		"anonymous_ids": slices.DeleteFunc(anonymousIDs, absent),
		"user_ids":      slices.DeleteFunc(userIDs, absent),
	}, nil
}

// markWhole marks every pair of the month, as it is now, for the stages after.
func (b *monthBuild) markWhole(ctx context.Context) error {
	if b.everything {
		return nil
	}
	d, args := b.data(), none
	if d.Flag = len(b.in.Settings.Traits) > 0; d.Flag {
		args = pg.Args{"month": b.month.Start()}
	}
	if _, err := b.in.DB.Exec(ctx, b.tx, "02_sessionize/030_mark_owners.sql", d, args); err != nil {
		return err
	}
	return b.exec(ctx, "031_mark_edges.sql", none)
}

func (b *monthBuild) deletePairs(ctx context.Context, pairs pg.Args) error {
	var inVisits, server, ignored, bots, rejected int64
	if err := b.in.DB.Scan(ctx, b.tx, "02_sessionize/041_delete_visits.sql", b.data(), pairs, &inVisits); err != nil {
		return err
	}
	if err := b.in.DB.Scan(ctx, b.tx, "02_sessionize/043_delete_sightings.sql", b.data(), pairs, &server, &ignored, &bots, &rejected); err != nil {
		return err
	}
	b.inVisits, b.server, b.ignored, b.bots, b.rejected = -inVisits, -server, -ignored, -bots, -rejected
	for _, file := range []string{"042_delete_conversions.sql", "044_mark_rebuilt.sql", "045_mark_rebuilt_edges.sql"} {
		if err := b.exec(ctx, file, pairs); err != nil {
			return err
		}
	}
	return nil
}

// bytesPerEvent is about what an event adds to what is in memory, as bytes counts it:
// by arithmetic, with 7.5 events a visit. Where it is more, flushing still bounds it.
var bytesPerEvent int64 = 200

// shortestSpan is the shortest span of time read by itself.
var shortestSpan = time.Hour

// streamEvents reads the month's events. A whole month that will not fit in memory is
// read in spans of time, each written before the next: cut anywhere else, and rows lie
// table by table, the pages of a session would end in another visit than its tracks.
// Measured at 20 M events: 2.6 M visits instead of 3.6 M.
func (b *monthBuild) streamEvents(ctx context.Context, args pg.Args) error {
	const file = "02_sessionize/020_read_events.sql"
	start, length := b.month.Start(), b.month.Next().Start().Sub(b.month.Start())
	spans := int64(1)
	if b.whole {
		spans = min(1+b.events*bytesPerEvent/b.budget(), int64(length/shortestSpan))
	}
	if spans == 1 {
		return b.stream(ctx, file, b.data(), args, b.addEvent)
	}
	if err := b.in.summarize(ctx, []month.Month{b.month}); err != nil {
		return err
	}
	d := b.data()
	d.Flag = true
	for i := range spans {
		from, to := start.Add(length*time.Duration(i)/time.Duration(spans)), start.Add(length*time.Duration(i+1)/time.Duration(spans))
		if err := b.stream(ctx, file, d, pg.Args{"from": from, "to": to}, b.addEvent); err != nil {
			return err
		}
		if err := b.flush(ctx); err != nil {
			return err
		}
	}
	return nil
}

// budget is how much may be in memory before it is written: half of the limit is for
// what is gathered, since the collector needs as much again.
func (b *monthBuild) budget() int64 {
	return b.in.Settings.MemoryLimit / 2 / int64(b.in.workers())
}

// stream reads rows and flushes when what is in memory takes too much of it.
func (b *monthBuild) stream(ctx context.Context, file string, d pg.Data, args pg.Args, add func([][]byte)) error {
	budget := b.budget()
	pending := int64(0)
	err := b.in.DB.Stream(ctx, file, d, args, func(v [][]byte) error {
		add(v)
		b.read++
		if pending++; pending < 4096 {
			return nil
		}
		b.progress(pending)
		pending = 0
		if b.bytes() > budget {
			return b.flush(ctx)
		}
		return nil
	})
	b.progress(pending)
	return err
}

// bytes estimates what is in memory, from above.
func (b *monthBuild) bytes() int64 {
	const perPair, perSighting = 256, 512 // strings and the maps' slack included
	return b.builder.Bytes() + int64(len(b.pairs))*perPair + int64(len(b.sightings))*perSighting + b.out.bytes()
}

func (b *monthBuild) clean(p sessionize.Pair) sessionize.Pair {
	return sessionize.Pair{AnonymousID: b.in.Settings.Blocked.Clean(p.AnonymousID), UserID: b.in.Settings.Blocked.Clean(p.UserID)}
}

// takes reports whether a row of the pair is to be added: its pair is derived anew,
// or it is new.
func (b *monthBuild) takes(p sessionize.Pair, extract int64) bool {
	return b.whole || b.rebuild[p] || b.extract[extract]
}

// pairOf finds the pair of an event by its identifiers as sent. Text of Postgres
// holds no NUL, which therefore parts the two.
func (b *monthBuild) pairOf(anonymousID, userID []byte) *pairWork {
	b.key = append(append(append(b.key[:0], anonymousID...), 0), userID...)
	if w, known := b.pairs[string(b.key)]; known {
		return w
	}
	raw := sessionize.Pair{AnonymousID: string(anonymousID), UserID: string(userID)}
	key := string(b.key)
	p := b.clean(raw)
	var w *pairWork
	switch p {
	case raw, sessionize.Pair{}:
		w = &pairWork{pair: raw, rejected: p == (sessionize.Pair{}), all: b.whole || b.rebuild[raw]}
	default: // what is cleaned stays as it is when cleaned again
		w = b.pairOf([]byte(p.AnonymousID), []byte(p.UserID))
	}
	b.pairs[key] = w
	return w
}

// addEvent takes a row of 020_read_events.sql in.
func (b *monthBuild) addEvent(v [][]byte) {
	w := b.pairOf(v[5], v[6])
	if !w.all && !b.extract[rawInt8(v[18])] {
		return
	}
	kind := event.Kind(rawInt2(v[1]))
	receivedAt, _ := rawTime(v[3])
	timestamp, ok := rawTime(v[4])
	at, clamped := event.TimeOf(timestamp, ok, receivedAt)
	if clamped {
		b.clamped++
	}
	if receivedAt.Sub(at) > event.LateAfter {
		b.late++
	}
	order := event.Order{At: at, Kind: kind, ReceivedAt: receivedAt, Source: b.texts.text(v[0]), ID: string(v[2])}
	if w.rejected {
		b.sight(w, order).rejected++
		b.rejected++
		return
	}
	if w.pair.UserID != "" {
		b.sight(w, order)
	}
	name, text := b.texts.text(v[7]), b.texts.text(v[8])
	if kind == event.Track && (b.ignore[name] || b.ignore[text]) && name+text != "" {
		b.sight(w, order).ignored++
		b.ignored++
		return
	}
	isBot := rawBool(v[19])
	if isBot {
		b.botEvents++
		if b.in.Settings.ExcludeBots {
			b.sight(w, order).bots++
			b.bots++
			return
		}
	}
	if kind == event.Track {
		b.reward(w.pair, order, name, text)
	}
	url, referrer := b.pageFields(kind, v)
	if w.pair.AnonymousID == "" && url == "" {
		b.sight(w, order).server++
		b.server++
		return
	}
	b.inVisits++
	if w.visits == nil {
		w.visits = b.builder.Of(w.pair)
	}
	rules := b.in.Settings.Rules
	w.visits.Add(&sessionize.Activity{
		Order: order, URL: url, Referrer: referrer, Tags: rules.Tags(b.campaign(v), url), IsBlog: url != "" && rules.IsBlog(url), IsBot: isBot,
	})
}

// addIdentity takes a row of 025_read_identities.sql in: it sights its own pair and,
// where it is an alias call, the pair of the previous_id.
func (b *monthBuild) addIdentity(v [][]byte) {
	p := b.clean(sessionize.Pair{AnonymousID: string(v[5]), UserID: string(v[6])})
	kind := event.Kind(rawInt2(v[1]))
	if kind == event.Identify && len(b.in.Settings.Traits) > 0 && !b.everything && p != (sessionize.Pair{}) && b.takes(p, rawInt8(v[8])) {
		b.ownerRow(p)
	}
	if p.UserID == "" {
		return
	}
	receivedAt, _ := rawTime(v[3])
	timestamp, ok := rawTime(v[4])
	at, _ := event.TimeOf(timestamp, ok, receivedAt)
	order := event.Order{At: at, Kind: kind, ReceivedAt: receivedAt, Source: b.texts.text(v[0]), ID: string(v[2])}
	if b.takes(p, rawInt8(v[8])) {
		b.sightAs(sightingKey{p, false}, order)
	}
	previous := sessionize.Pair{AnonymousID: b.in.Settings.Blocked.Clean(string(v[7])), UserID: p.UserID}
	if kind == event.Alias && previous.AnonymousID != "" && b.takes(previous, rawInt8(v[8])) {
		b.sightAs(sightingKey{previous, true}, order)
	}
}

// sight records an event of the pair and returns its sighting.
func (b *monthBuild) sight(w *pairWork, o event.Order) *sighting {
	if w.sighting == nil {
		w.sighting = b.sightAs(sightingKey{w.pair, false}, o)
	}
	if o.Less(w.sighting.first) {
		w.sighting.first = o
	}
	return w.sighting
}

// sightAs records a row under its key and returns the sighting.
func (b *monthBuild) sightAs(key sightingKey, o event.Order) *sighting {
	s, known := b.sightings[key]
	if !known {
		s = &sighting{first: o}
		b.sightings[key] = s
	}
	if o.Less(s.first) {
		s.first = o
	}
	return s
}

// report adds what was done to the stage's result.
func (b *monthBuild) report(r *Result) {
	r.RowsIn += b.read
	r.RowsChanged += b.written
	r.count("months", 1)
	r.count("events_in_visits", b.inVisits)
	r.count("events_server", b.server)
	r.count("events_ignored", b.ignored)
	r.count("events_bot", b.botEvents)
	r.count("events_rejected", b.rejected)
	r.count("events_clamped", b.clamped)
	r.count("events_late", b.late)
	r.count("visits", b.visits)
	r.count("conversions", b.conversions)
}
