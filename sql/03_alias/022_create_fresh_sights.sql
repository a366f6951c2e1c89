-- The first sights of those pairs' users as they should be, likewise.
-- Reads: pairs, dirty_edges, first_sights, all_sightings. Writes: a temporary table.
CREATE TEMPORARY TABLE fresh_sights ON COMMIT DROP AS
WITH users AS (
    SELECT user_id, bool_or(rebuild) AS rebuild FROM pairs GROUP BY user_id
)
SELECT DISTINCT ON (user_id) s.*
FROM (
    SELECT d.user_id, d.first_at, d.first_kind, d.first_received_at, d.first_source, d.first_id
    FROM {{ops}}.dirty_edges AS d
    JOIN users AS u USING (user_id)
    WHERE NOT u.rebuild
    UNION ALL
    SELECT f.user_id, f.first_at, f.first_kind, f.first_received_at, f.first_source, f.first_id
    FROM {{aliases}}.first_sights AS f
    JOIN users AS u USING (user_id)
    WHERE NOT u.rebuild
    UNION ALL
    SELECT a.user_id, a.first_at, a.first_kind, a.first_received_at, a.first_source, a.first_id
    FROM {{stages}}.all_sightings AS a
    JOIN users AS u USING (user_id)
    WHERE u.rebuild AND a.rejected_count = 0
) AS s
ORDER BY user_id, first_at, first_kind, first_received_at, first_source, first_id
