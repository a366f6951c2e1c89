-- Counts the events in published sessions. Full: all sessions are new ones. Reads: what was built aside. Writes: totals.
-- @events: added less removed.
UPDATE {{ops}}.totals
SET in_sessions = {{if .Full}}(SELECT coalesce(sum(event_count), 0)::bigint FROM {{aside "stages" "re_merged" .Run}}) + @events::bigint{{else}}in_sessions + @events::bigint{{end}}
