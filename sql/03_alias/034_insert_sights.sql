-- Inserts the first sights that are new or other ones. Writes: first_sights, changed. Reads: fresh_sights.
WITH added AS (
    INSERT INTO {{aliases}}.first_sights (user_id, first_at, first_kind, first_received_at, first_source, first_id)
    SELECT user_id, first_at, first_kind, first_received_at, first_source, first_id
    FROM fresh_sights
    ON CONFLICT (user_id) DO NOTHING
    RETURNING user_id
)
INSERT INTO changed (anonymous_id, user_id, is_alias)
SELECT '', user_id, false FROM added
