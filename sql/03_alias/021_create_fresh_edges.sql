-- The edges of those pairs as they should be: the least of what is new and what is kept, or where sightings were
-- removed the least of those left. Reads: pairs, dirty_edges, edges, all_sightings. Writes: a temporary table.
CREATE TEMPORARY TABLE fresh_edges ON COMMIT DROP AS
SELECT DISTINCT ON (anonymous_id, user_id, is_alias) s.*
FROM (
    SELECT d.anonymous_id, d.user_id, d.is_alias, d.first_at, d.first_kind, d.first_received_at, d.first_source, d.first_id
    FROM {{ops}}.dirty_edges AS d
    JOIN pairs AS p USING (anonymous_id, user_id, is_alias)
    WHERE NOT p.rebuild
    UNION ALL
    SELECT e.anonymous_id, e.user_id, e.is_alias, e.first_at, e.first_kind, e.first_received_at, e.first_source, e.first_id
    FROM {{aliases}}.edges AS e
    JOIN pairs AS p USING (anonymous_id, user_id, is_alias)
    WHERE NOT p.rebuild
    UNION ALL
    SELECT a.anonymous_id, a.user_id, a.is_alias, a.first_at, a.first_kind, a.first_received_at, a.first_source, a.first_id
    FROM {{stages}}.all_sightings AS a
    JOIN pairs AS p USING (anonymous_id, user_id, is_alias)
    WHERE p.rebuild AND a.rejected_count = 0
) AS s
WHERE anonymous_id <> ''
ORDER BY anonymous_id, user_id, is_alias, first_at, first_kind, first_received_at, first_source, first_id
