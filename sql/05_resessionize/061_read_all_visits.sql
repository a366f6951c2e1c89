-- Every visit under its person, person by person. Reads: all_tracks, user_ids, anonymous_ids.
SELECT CASE WHEN t.user_id <> '' THEN coalesce(u.alias_id, t.user_id) WHEN a.is_identified THEN a.alias_id ELSE t.anonymous_id END AS alias_id,
    t.user_id <> '' OR coalesce(a.is_identified, false) AS is_identified,
    t.started_at, t.ended_at, t.event_count, t.page_count, t.marks
FROM {{stages}}.all_tracks AS t
LEFT JOIN {{aliases}}.user_ids AS u ON u.user_id = t.user_id
LEFT JOIN {{aliases}}.anonymous_ids AS a ON t.user_id = '' AND a.anonymous_id = t.anonymous_id
ORDER BY 1, 2
