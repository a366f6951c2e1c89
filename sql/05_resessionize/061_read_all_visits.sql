-- Every visit of a slice of the persons under its person, person by person, by start.
-- Reads: all_tracks, user_ids, anonymous_ids. @slice of @slices.
SELECT alias_id, is_identified, started_at, ended_at, event_count, page_count, bot_count, marks
FROM (
    SELECT CASE WHEN t.user_id <> '' THEN coalesce(u.alias_id, t.user_id) WHEN a.is_identified THEN a.alias_id ELSE t.anonymous_id END AS alias_id,
        t.user_id <> '' OR coalesce(a.is_identified, false) AS is_identified,
        t.started_at, t.ended_at, t.event_count, t.page_count, t.bot_count, t.marks
    FROM {{stages}}.all_tracks AS t
    LEFT JOIN {{aliases}}.user_ids AS u ON u.user_id = t.user_id
    LEFT JOIN {{aliases}}.anonymous_ids AS a ON t.user_id = '' AND a.anonymous_id = t.anonymous_id
) AS v
WHERE @slices::bigint = 1 OR (hashtextextended(alias_id, 0) & 1073741823) % @slices::bigint = @slice::bigint
ORDER BY alias_id, is_identified, started_at
