-- Deletes the edges that are no more or have another least row. Writes: edges, changed. Reads: pairs, fresh_edges.
WITH gone AS (
    DELETE FROM {{aliases}}.edges AS e
    USING pairs AS p
    WHERE (e.anonymous_id, e.user_id, e.is_alias) = (p.anonymous_id, p.user_id, p.is_alias)
        AND NOT EXISTS (
            SELECT FROM fresh_edges AS f
            WHERE (f.anonymous_id, f.user_id, f.is_alias, f.first_at, f.first_kind, f.first_received_at, f.first_source, f.first_id)
                = (e.anonymous_id, e.user_id, e.is_alias, e.first_at, e.first_kind, e.first_received_at, e.first_source, e.first_id)
        )
    RETURNING e.anonymous_id, e.user_id, e.is_alias
)
INSERT INTO changed (anonymous_id, user_id, is_alias)
SELECT anonymous_id, user_id, is_alias FROM gone
