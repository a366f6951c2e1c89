-- The month's visits under their current person: a view, so that an alias takes effect everywhere at once.
-- Writes: the view.
CREATE OR REPLACE VIEW {{partition "stages" "all_tracks" .Month "_aliased"}} AS
SELECT CASE WHEN t.user_id <> '' THEN coalesce(u.alias_id, t.user_id) WHEN a.is_identified THEN a.alias_id ELSE t.anonymous_id END AS alias_id,
    t.user_id <> '' OR coalesce(a.is_identified, false) AS is_identified,
    t.received_month, t.anonymous_id, t.user_id, t.started_at, t.ended_at, t.event_count, t.page_count, t.bot_count
FROM {{partition "stages" "all_tracks" .Month}} AS t
LEFT JOIN {{aliases}}.user_ids AS u ON u.user_id = t.user_id
LEFT JOIN {{aliases}}.anonymous_ids AS a ON t.user_id = '' AND a.anonymous_id = t.anonymous_id
