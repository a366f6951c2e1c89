-- Inserts the edges that are new or have another least row. Writes: edges, changed. Reads: fresh_edges.
WITH added AS (
    INSERT INTO {{aliases}}.edges (anonymous_id, user_id, is_alias, first_at, first_kind, first_received_at, first_source, first_id)
    SELECT anonymous_id, user_id, is_alias, first_at, first_kind, first_received_at, first_source, first_id
    FROM fresh_edges
    ON CONFLICT (anonymous_id, user_id, is_alias) DO NOTHING
    RETURNING anonymous_id, user_id, is_alias
)
INSERT INTO changed (anonymous_id, user_id, is_alias)
SELECT anonymous_id, user_id, is_alias FROM added
