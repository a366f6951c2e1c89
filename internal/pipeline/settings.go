package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/attribution-dev/attribution/internal/alias"
	"github.com/attribution-dev/attribution/internal/channel"
	"github.com/attribution-dev/attribution/internal/config"
	"github.com/attribution-dev/attribution/internal/event"
	"github.com/attribution-dev/attribution/internal/model"
	"github.com/attribution-dev/attribution/internal/pg"
	"github.com/attribution-dev/attribution/internal/segment"
	"github.com/attribution-dev/attribution/internal/stages"
)

// ErrUsage marks errors of configuration or usage: exit code 2.
var ErrUsage = errors.New("usage")

// usage marks err as one of usage.
func usage(err error) error { return fmt.Errorf("%w%w", silent{ErrUsage}, err) }

// silent wraps an error without showing its text.
type silent struct{ error }

func (silent) Error() string   { return "" }
func (s silent) Unwrap() error { return s.error }

// Rules makes the rules of the configuration.
func Rules(c config.Config) (*channel.Rules, error) {
	options := channel.Options{OwnDomains: c.OwnDomains, InternalDomains: c.InternalDomains, BlogPatterns: c.BlogPatterns, RulesFileName: c.RulesFile}
	if c.RulesFile != "" {
		text, err := os.ReadFile(c.RulesFile)
		if err != nil {
			return nil, usage(fmt.Errorf("rules_file: %w", err))
		}
		options.RulesFile = text
	}
	rules, err := channel.New(options)
	if err != nil {
		return nil, usage(err)
	}
	return rules, nil
}

// Settings are the stages' part of the configuration; the sources are still as
// configured.
func Settings(c config.Config) (stages.Settings, error) {
	rules, err := Rules(c)
	if err != nil {
		return stages.Settings{}, err
	}
	models := model.Rules{HalfLife: c.Models.HalfLife}
	for _, m := range model.All() {
		models.Lookback[m] = c.Lookback
		if own, ok := c.Models.Lookback[m.String()]; ok {
			models.Lookback[m] = own
		}
	}
	conversions := make([]stages.Conversion, len(c.Conversions))
	for i, v := range c.Conversions {
		conversions[i] = stages.Conversion(v)
	}
	return stages.Settings{
		Sources: c.Sources, Overlap: c.Extract.Overlap, DedupWindow: c.Extract.DedupWindow,
		AllColumns: c.Extract.Columns == "all", ExtraColumns: c.Extract.ExtraColumns,
		Conversions: conversions, Traits: c.PersonTraits, Models: models, Markov: stages.MarkovRules(c.Models.Markov),
		SignupEvents: c.SignupEvents, IgnoreEvents: c.IgnoreEvents, ExcludeBots: c.Bots == "exclude", Gap: c.SessionGap, Lookback: c.Lookback,
		Blocked: event.NewBlocklist(c.Identity.Blocked),
		Identity: alias.Settings{
			Policy:                 alias.Policy(c.Identity.Policy),
			MaxUsersPerAnonymousID: c.Identity.MaxUsersPerAnonymousID, MaxComponentSize: c.Identity.MaxComponentSize,
		},
		Money: stages.Money{
			Currency: c.Money.Currency, Rates: c.Money.Rates, SpendTable: c.Money.Spend.Table, SpendFile: c.Money.Spend.File,
			RevenueTable: c.Money.Revenue.Table, RevenueQuery: c.Money.Revenue.Query,
		},
		UseAlias: c.Identity.UseAliasCalls, Rules: rules, LockTimeout: c.Publish.LockTimeout, MemoryLimit: int64(c.MemoryLimit), Parallelism: c.Parallelism,
	}, nil
}

// Names are the schemas of the configuration.
func Names(c config.Config) pg.Names {
	return pg.Names{Segment: c.Schemas.Segment, Stages: c.Schemas.Stages, Sessions: c.Schemas.Sessions, Aliases: c.Schemas.Aliases, Ops: c.Schemas.Ops}
}

// resolveSources fills in the only schema written by Segment when none is
// configured.
func (p *Pipeline) resolveSources(ctx context.Context) (err error) {
	p.settings.Sources, err = Sources(ctx, p.db.Pool, p.db.Names, p.settings.Sources)
	return err
}

// Sources are the configured ones or, when there are none, the only schema written by
// Segment. It fails with ErrUsage when there is none, or more than one.
func Sources(ctx context.Context, q pg.Querier, n pg.Names, configured []string) ([]string, error) {
	if len(configured) > 0 {
		return configured, nil
	}
	candidates, err := segment.Candidates(ctx, q)
	if err != nil {
		return nil, err
	}
	candidates = slices.DeleteFunc(candidates, func(s string) bool {
		return slices.Contains([]string{n.Segment, n.Stages, n.Sessions, n.Aliases, n.Ops}, s)
	})
	switch len(candidates) {
	case 1:
		return candidates, nil
	case 0:
		return nil, usage(errors.New("no schema with Segment's tables (tracks or pages with id, received_at and anonymous_id or user_id) can be seen: name it in sources, check the SELECT privilege, or fill one with \"attribution load\" or \"attribution simulate\""))
	default:
		return nil, usage(fmt.Errorf("%d schemas look written by Segment: %s: name those to take in under sources, such as ATTRIBUTION_SOURCES=%s",
			len(candidates), strings.Join(candidates, ", "), strings.Join(candidates, ",")))
	}
}

// fingerprints are hashes of the settings by the first stage they concern.
func fingerprints(s stages.Settings) map[string]string {
	hash := func(parts ...any) string {
		text, err := json.Marshal(parts)
		if err != nil {
			panic(err) // strings and numbers only
		}
		sum := sha256.Sum256(text)
		return hex.EncodeToString(sum[:])
	}
	sorted := func(list []string) []string { return slices.Sorted(slices.Values(list)) }
	blocked := make([]string, 0, len(s.Blocked))
	for id := range s.Blocked {
		blocked = append(blocked, id)
	}
	names := make([]any, len(s.Conversions))
	for i, c := range s.Conversions {
		names[i] = []any{c.Name, sorted(c.Events)}
	}
	return map[string]string{
		"extract":      s.Rules.Fingerprint(1),
		"sessionize":   hash(sorted(s.SignupEvents), names, sorted(s.IgnoreEvents), sorted(blocked), s.Rules.Fingerprint(2), s.ExcludeBots),
		"alias":        hash(s.Identity, s.UseAlias),
		"resessionize": hash(s.Rules.Fingerprint(5), s.Lookback.String(), s.Gap.String(), s.Conversions, s.Traits, s.Models, s.Markov),
		"gap":          s.Gap.String(),
	}
}

// noticeSettings compares the settings with those the tables were made with, and
// marks everything from the first stage that differs, in one transaction.
func (p *Pipeline) noticeSettings(ctx context.Context) error {
	return p.db.Tx(ctx, func(tx pgx.Tx) error {
		last, err := p.lastSettings(ctx, tx)
		if err != nil {
			return err
		}
		now := fingerprints(p.settings)
		if last["extract"] != now["extract"] && len(last) > 0 {
			p.log.WarnContext(ctx, "the list of crawlers changed: rows taken in are judged by the old one until they are read again, all of them by \"attribution run --full\"")
		}
		from := ""
		for _, s := range []string{"sessionize", "alias", "resessionize"} {
			if last[s] != "" && last[s] != now[s] {
				from = s
				break
			}
		}
		if smallerGap(last["gap"], p.settings.Gap) {
			from = "sessionize"
		}
		if from != "" {
			p.log.WarnContext(ctx, "settings changed: everything from this stage on is made anew", "stage", from)
			if err := p.markFrom(ctx, tx, from); err != nil {
				return err
			}
		}
		for s, f := range now {
			if _, err := p.db.Exec(ctx, tx, "00_run/100_keep_settings.sql", pg.Data{}, pg.Args{"stage": s, "fingerprint": f}); err != nil {
				return err
			}
		}
		return nil
	})
}

// lastSettings are the fingerprints of the settings the tables were made with.
func (p *Pipeline) lastSettings(ctx context.Context, tx pgx.Tx) (map[string]string, error) {
	last := map[string]string{}
	rows, err := p.db.Query(ctx, tx, "00_run/090_settings.sql", pg.Data{}, nil)
	if err != nil {
		return nil, err
	}
	var stage, fingerprint string
	_, err = pgx.ForEachRow(rows, []any{&stage, &fingerprint}, func() error { last[stage] = fingerprint; return nil })
	return last, err
}

// sameSettings fails with ErrUsage where the tables were made with other settings.
func (p *Pipeline) sameSettings(ctx context.Context, tx pgx.Tx) error {
	last, err := p.lastSettings(ctx, tx)
	if err != nil {
		return err
	}
	now := fingerprints(p.settings)
	for _, s := range []string{"sessionize", "alias", "resessionize"} {
		if last[s] != "" && last[s] != now[s] {
			return usage(errors.New("the settings are not those of the last run, which say what is whose: give its --config and environment, or run first"))
		}
	}
	return nil
}

// smallerGap reports whether visits built with a larger gap have to be cut anew.
func smallerGap(built string, now time.Duration) bool {
	b, err := time.ParseDuration(built)
	return err == nil && now < b
}

func (p *Pipeline) markFrom(ctx context.Context, tx pgx.Tx, stage string) error {
	const reason = "settings changed"
	if stage == "sessionize" {
		return p.input(ctx, stages.Input{}).MarkAllMonths(ctx, tx, reason)
	}
	marked := []string{"resessionize"}
	if stage == "alias" {
		marked = append(marked, "alias")
	}
	for _, s := range marked {
		if _, err := p.db.Exec(ctx, tx, "00_shared/040_mark_stage.sql", pg.Data{}, pg.Args{"stage": s, "reason": reason}); err != nil {
			return err
		}
	}
	return nil
}
