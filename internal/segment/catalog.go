package segment

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/attribution-dev/attribution/internal/event"
)

// A TableInfo is what the catalog says of one of Segment's tables.
type TableInfo struct {
	Schema, Table string
	Kind          event.Kind
	// Columns maps names to types as format_type writes them.
	Columns map[string]string
	// HasUniqueID: a valid unique index on exactly (id), on every row, promises
	// that ids do not repeat.
	HasUniqueID bool
	// IndexedColumns are those a valid index on every row begins with.
	IndexedColumns map[string]bool
	// EstimatedRows is the planner's estimate, of partitioned tables the sum of
	// their partitions'; 0 where nothing is known.
	EstimatedRows int64
}

// Catalog describes those of tracks, pages, screens, identifies and aliases that
// exist in the schema, in that order of kinds. Tables, partitioned tables, views,
// materialized views and foreign tables count; nothing is read but the catalog.
func Catalog(ctx context.Context, q Querier, schema string) ([]TableInfo, error) {
	var list []TableInfo
	for _, kind := range event.Kinds() {
		list = append(list, TableInfo{
			Schema: schema, Table: kind.Table(), Kind: kind,
			Columns: map[string]string{}, IndexedColumns: map[string]bool{},
		})
	}
	if err := catalogColumns(ctx, q, schema, list); err != nil {
		return nil, fmt.Errorf("reading the columns of schema %q: %w", schema, err)
	}
	if err := catalogIndexes(ctx, q, schema, list); err != nil {
		return nil, fmt.Errorf("reading the indexes of schema %q: %w", schema, err)
	}
	found := list[:0]
	for _, t := range list {
		if len(t.Columns) > 0 {
			found = append(found, t)
		}
	}
	return found, nil
}

func catalogColumns(ctx context.Context, q Querier, schema string, list []TableInfo) error {
	rows, err := q.Query(ctx, `
		SELECT c.relname::pg_catalog.text, a.attname::pg_catalog.text,
		       pg_catalog.format_type(a.atttypid, a.atttypmod),
		       CASE WHEN c.relkind = 'p' THEN
		           coalesce((SELECT pg_catalog.sum(greatest(p.reltuples, 0))
		                     FROM pg_catalog.pg_partition_tree(c.oid) t
		                     JOIN pg_catalog.pg_class p ON p.oid = t.relid
		                     WHERE t.isleaf), 0)
		       ELSE greatest(c.reltuples, 0) END::pg_catalog.int8
		FROM pg_catalog.pg_class c
		JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		WHERE n.nspname = $1 AND c.relname = ANY ($2) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')`,
		pgx.QueryExecModeExec, schema, tableNames(list))
	if err != nil {
		return err
	}
	var table, column, typ string
	var estimate int64
	_, err = pgx.ForEachRow(rows, []any{&table, &column, &typ, &estimate}, func() error {
		t := find(list, table)
		t.Columns[column] = typ
		t.EstimatedRows = estimate
		return nil
	})
	return err
}

func catalogIndexes(ctx context.Context, q Querier, schema string, list []TableInfo) error {
	rows, err := q.Query(ctx, `
		SELECT c.relname::pg_catalog.text, a.attname::pg_catalog.text,
		       i.indisunique AND i.indimmediate AND i.indnkeyatts = 1 AND a.attname = 'id'
		           AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhparent = c.oid AND c.relkind = 'r')
		FROM pg_catalog.pg_class c
		JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		JOIN pg_catalog.pg_index i ON i.indrelid = c.oid
		JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
		WHERE n.nspname = $1 AND c.relname = ANY ($2)
		  AND i.indisvalid AND i.indisready AND i.indpred IS NULL`,
		pgx.QueryExecModeExec, schema, tableNames(list))
	if err != nil {
		return err
	}
	var table, column string
	var isUniqueID bool
	_, err = pgx.ForEachRow(rows, []any{&table, &column, &isUniqueID}, func() error {
		t := find(list, table)
		t.IndexedColumns[column] = true
		t.HasUniqueID = t.HasUniqueID || isUniqueID
		return nil
	})
	return err
}

func tableNames(list []TableInfo) []string {
	names := make([]string, len(list))
	for i, t := range list {
		names[i] = t.Table
	}
	return names
}

func find(list []TableInfo, table string) *TableInfo {
	for i := range list {
		if list[i].Table == table {
			return &list[i]
		}
	}
	return nil // never: the query asks for these names only
}

// Candidates lists the schemas that look written by Segment, ordered by name: those
// with a tracks or pages table that has id, received_at, and anonymous_id or
// user_id. Postgres' own schemas are left out.
func Candidates(ctx context.Context, q Querier) ([]string, error) {
	rows, err := q.Query(ctx, `
		SELECT DISTINCT n.nspname::pg_catalog.text COLLATE pg_catalog."C"
		FROM pg_catalog.pg_namespace n
		JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid
		WHERE c.relname IN ('tracks', 'pages') AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
		  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
		  AND (SELECT count(*) FILTER (WHERE a.attname IN ('id', 'received_at')) = 2
		          AND count(*) FILTER (WHERE a.attname IN ('anonymous_id', 'user_id')) > 0
		       FROM pg_catalog.pg_attribute a
		       WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)
		ORDER BY 1`, pgx.QueryExecModeExec)
	if err != nil {
		return nil, fmt.Errorf("looking for schemas written by Segment: %w", err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("looking for schemas written by Segment: %w", err)
	}
	return names, nil
}
