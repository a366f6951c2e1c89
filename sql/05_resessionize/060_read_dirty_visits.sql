-- The visits of the dirty persons, of the months stage 4 found them in, person by person, by start. Flag is set.
-- Reads: dirty_persons, user_ids, anonymous_ids, all_tracks. @months: all, for persons marked since stage 4.
SELECT v.alias_id, v.is_identified, v.started_at, v.ended_at, v.event_count, v.page_count, v.bot_count, v.marks
FROM ({{template "dirty_visits" .}}) AS v
ORDER BY v.alias_id, v.is_identified, v.started_at
