-- A month of re-merged sessions, shaped like the published one. Flag: what began before the first month.
-- Writes: the new table.
CREATE TABLE {{if .Flag}}{{stages}}.all_tracks_before_re_merged{{else}}{{partition "stages" "all_tracks" .Month "_re_merged"}}{{end}} (LIKE {{sessions}}.all_sessions INCLUDING ALL)
