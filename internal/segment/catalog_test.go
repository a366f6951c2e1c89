package segment

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/attribution-dev/attribution/internal/event"
)

func TestCatalog(t *testing.T) {
	conn := connect(t)
	for _, sql := range []string{
		`CREATE SCHEMA "My App"`,
		CreateTable("My App", Pages, Column{"url", TypeText}),
		`CREATE INDEX ON "My App".pages (received_at, url)`,
		`CREATE INDEX ON "My App".pages (user_id) WHERE user_id IS NOT NULL`,
		`CREATE INDEX ON "My App".pages (lower(url))`,
		`INSERT INTO "My App".pages (id, received_at) SELECT i::text, '2024-01-01' FROM generate_series(1, 500) i`,
		`CREATE TABLE "My App".tracks (id text, received_at timestamptz, user_id text, UNIQUE (id, received_at)) PARTITION BY RANGE (received_at)`,
		`CREATE TABLE "My App".tracks_1 PARTITION OF "My App".tracks FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')`,
		`INSERT INTO "My App".tracks SELECT i::text, '2024-05-01', 'u' FROM generate_series(1, 70) i`,
		`CREATE VIEW "My App".screens AS SELECT id, received_at, anonymous_id FROM "My App".pages`,
		`CREATE MATERIALIZED VIEW "My App".aliases AS SELECT id, user_id FROM "My App".pages`,
		`ANALYZE`,
		`CREATE SCHEMA other`, `CREATE TABLE other.tracks (id text, received_at timestamptz)`,
		`CREATE SCHEMA another`, `CREATE VIEW another.pages AS SELECT 1 AS id, now() AS received_at, 'a' AS anonymous_id`,
	} {
		_, err := conn.Exec(t.Context(), sql)
		require.NoError(t, err, sql)
	}
	tables, err := Catalog(t.Context(), conn, "My App")
	require.NoError(t, err)
	require.Len(t, tables, 4)
	pages, screens, tracks, aliases := tables[0], tables[1], tables[2], tables[3]

	assert.Equal(t, "pages", pages.Table)
	assert.Equal(t, event.Page, pages.Kind)
	assert.True(t, pages.HasUniqueID)
	assert.Equal(t, map[string]bool{"id": true, "received_at": true}, pages.IndexedColumns)
	assert.Equal(t, int64(500), pages.EstimatedRows)
	assert.Equal(t, "text", pages.Columns["url"])

	assert.Equal(t, event.Screen, screens.Kind)
	assert.Len(t, screens.Columns, 3)
	assert.False(t, screens.HasUniqueID)

	assert.Equal(t, int64(70), tracks.EstimatedRows)
	assert.False(t, tracks.HasUniqueID, "the index is on more than id")
	assert.Equal(t, map[string]bool{"id": true}, tracks.IndexedColumns)

	assert.Equal(t, "aliases", aliases.Table)
	assert.Equal(t, int64(500), aliases.EstimatedRows)

	none, err := Catalog(t.Context(), conn, "nowhere")
	require.NoError(t, err)
	assert.Empty(t, none)

	names, err := Candidates(t.Context(), conn)
	require.NoError(t, err)
	assert.Equal(t, []string{"My App", "another"}, names)
}

func TestCompare(t *testing.T) {
	last := TableInfo{Schema: "app", Table: "pages", Columns: map[string]string{"id": "text", "b": "bigint", "gone": "text"}}
	now := TableInfo{Schema: "app", Table: "pages", Columns: map[string]string{"id": "text", "b": "text", "a\"x": "boolean"}}
	var sentences []string
	for _, d := range Compare(last, now) {
		sentences = append(sentences, d.String())
	}
	assert.Equal(t, []string{
		`column "a""x" of "app"."pages" is new (boolean)`,
		`column "b" of "app"."pages" changed its type from bigint to text`,
		`column "gone" of "app"."pages" is gone (it was text)`,
	}, sentences)
	assert.Empty(t, Compare(now, now))
}
