package check

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/attribution-dev/attribution/internal/channel"
	"github.com/attribution-dev/attribution/internal/event"
	"github.com/attribution-dev/attribution/internal/pg"
)

// A SourceTable is one table of Segment's, with the columns it has.
type SourceTable struct {
	Name         pg.Identifier
	SourceNumber int // place of its source in the settings, from 1
	KindNumber   int // event.Kind
	columns      map[string]bool
}

// columnKinds lists the columns read on one kind only. Elsewhere a property may
// bear the same name.
var columnKinds = map[string]event.Kind{
	"url": event.Page, "referrer": event.Page,
	"event": event.Track, "event_text": event.Track,
	"previous_id": event.Alias,
}

// Text is the item of a select list that reads the column as text, NULL where the
// table does not have it.
func (t SourceTable) Text(column string) pg.SourceItem { return t.item(column, "text") }

// Time is the same, as timestamptz.
func (t SourceTable) Time(column string) pg.SourceItem { return t.item(column, "timestamptz") }

// identifier is the item that reads an identifier, trimmed, ” where the table has none.
func (t SourceTable) identifier(column string) pg.SourceItem {
	kind, limited := columnKinds[column]
	if !t.columns[column] || limited && int(kind) != t.KindNumber {
		return pg.AbsentIdentifier(column)
	}
	return pg.TrimmedIdentifier(column)
}

// item reads the column as the type, or NULL.
func (t SourceTable) item(column, typ string) pg.SourceItem {
	kind, limited := columnKinds[column]
	if !t.columns[column] || limited && int(kind) != t.KindNumber {
		return pg.Absent(column, typ)
	}
	return pg.Column(column, column, typ)
}

// SourceTables looks up which of Segment's tables the sources have, and their
// columns. Error: none has any.
func SourceTables(ctx context.Context, conn *pgx.Conn, sources []string) ([]SourceTable, error) {
	var tables []SourceTable
	for i, source := range sources {
		for _, kind := range event.Kinds() {
			columns, err := tableColumns(ctx, conn, source, kind.Table())
			if err != nil {
				return nil, err
			}
			if len(columns) == 0 {
				continue
			}
			name, err := pg.Ident(source, kind.Table())
			if err != nil {
				return nil, fmt.Errorf("source %q: %w", source, err)
			}
			tables = append(tables, SourceTable{Name: name, SourceNumber: i + 1, KindNumber: int(kind), columns: columns})
		}
	}
	if len(tables) == 0 {
		return nil, fmt.Errorf("sources %q: none has a table named tracks, pages, screens, identifies or aliases: check the names", sources)
	}
	return tables, nil
}

// An evidenceInput is one row of evidence_inputs.
type evidenceInput struct {
	pageURL, referrer string
	campaign          channel.Campaign
}

// evidenceColumns are the columns of evidence, in the order evidenceRow gives them.
var evidenceColumns = []string{
	"evidence_id",
	"page_url", "referrer",
	"campaign_source", "campaign_medium", "campaign_name", "campaign_term", "campaign_content",
	"tag_source", "tag_medium", "tag_campaign", "tag_term", "tag_content", "tag_click_id",
	"is_tagged", "tag_channel", "tag_is_paid",
	"is_external", "referral_source", "referral_medium", "referral_channel", "referral_is_paid",
	"is_blog",
}

// evidenceRow works out the evidence of one combination of inputs.
func evidenceRow(id int64, in evidenceInput, rules *channel.Rules) []any {
	tags := rules.Tags(in.campaign, in.pageURL)
	var tagged channel.Evidence
	if tags.IsTagged() {
		tagged = rules.Classify(tags, in.pageURL, in.referrer)
	}
	referral, external := rules.Referral(in.pageURL, in.referrer)
	return []any{
		id,
		in.pageURL, in.referrer,
		in.campaign.Source, in.campaign.Medium, in.campaign.Name, in.campaign.Term, in.campaign.Content,
		tags.Source, tags.Medium, tags.Campaign, tags.Term, tags.Content, tags.ClickID,
		tags.IsTagged(), tagged.Channel, tagged.IsPaid,
		external, referral.Source, referral.Medium, referral.Channel, referral.IsPaid,
		rules.IsBlog(in.pageURL),
	}
}

// evidenceBatch is how many inputs are held in memory at once; URLs of a few
// kilobytes keep a batch within some tens of megabytes.
const evidenceBatch = 10_000

// fillEvidence fills evidence from evidence_inputs, a batch at a time.
func fillEvidence(ctx context.Context, conn *pgx.Conn, schema string, rules *channel.Rules) error {
	inputs := pg.MustIdent(schema, "evidence_inputs")
	// WITH HOLD, so that it works inside the caller's transaction and without one.
	if _, err := conn.Exec(ctx, "DECLARE evidence_inputs NO SCROLL CURSOR WITH HOLD FOR SELECT * FROM "+inputs.String()); err != nil {
		return err
	}
	id := int64(0)
	for {
		rows, err := conn.Query(ctx, fmt.Sprintf("FETCH FORWARD %d FROM evidence_inputs", evidenceBatch))
		if err != nil {
			return err
		}
		batch, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (in evidenceInput, err error) {
			c := &in.campaign
			err = row.Scan(&in.pageURL, &in.referrer, &c.Source, &c.Medium, &c.Name, &c.Term, &c.Content)
			return in, err
		})
		if err != nil {
			return err
		}
		if len(batch) == 0 {
			break
		}
		_, err = conn.CopyFrom(ctx, pgx.Identifier{schema, "evidence"}, evidenceColumns,
			pgx.CopyFromSlice(len(batch), func(i int) ([]any, error) {
				id++
				return evidenceRow(id, batch[i], rules), nil
			}))
		if err != nil {
			return err
		}
	}
	_, err := conn.Exec(ctx, "CLOSE evidence_inputs")
	return err
}

// fillCrawlers fills crawlers from user_agents.
func fillCrawlers(ctx context.Context, conn *pgx.Conn, schema string, rules *channel.Rules) error {
	rows, err := conn.Query(ctx, "SELECT user_agent FROM "+pg.MustIdent(schema, "user_agents").String())
	if err != nil {
		return err
	}
	var agent string
	var found [][]any
	if _, err := pgx.ForEachRow(rows, []any{&agent}, func() error {
		if rules.IsCrawler(agent) {
			found = append(found, []any{agent})
		}
		return nil
	}); err != nil {
		return err
	}
	_, err = conn.CopyFrom(ctx, pgx.Identifier{schema, "crawlers"}, []string{"user_agent"}, pgx.CopyFromRows(found))
	return err
}
