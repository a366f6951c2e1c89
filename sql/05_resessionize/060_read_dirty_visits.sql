-- The visits of the dirty persons, of all months, person by person, by start.
-- Reads: dirty_persons, user_ids, anonymous_ids, all_tracks.
SELECT v.alias_id, v.is_identified, v.started_at, v.ended_at, v.event_count, v.page_count, v.marks
FROM ({{template "dirty_visits" .}}) AS v
ORDER BY v.alias_id, v.is_identified, v.started_at
