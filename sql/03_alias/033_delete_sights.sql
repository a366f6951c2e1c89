-- Deletes the first sights that are no more or are other ones. Writes: first_sights, changed. Reads: pairs, fresh_sights.
WITH gone AS (
    DELETE FROM {{aliases}}.first_sights AS e
    USING (SELECT DISTINCT user_id FROM pairs) AS p
    WHERE e.user_id = p.user_id
        AND NOT EXISTS (
            SELECT FROM fresh_sights AS f
            WHERE (f.user_id, f.first_at, f.first_kind, f.first_received_at, f.first_source, f.first_id)
                = (e.user_id, e.first_at, e.first_kind, e.first_received_at, e.first_source, e.first_id)
        )
    RETURNING e.user_id
)
INSERT INTO changed (anonymous_id, user_id, is_alias)
SELECT '', user_id, false FROM gone
