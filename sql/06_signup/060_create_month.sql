-- A month of published sessions, not attached yet. Flag: what began before the first month. Writes: the new table.
CREATE TABLE {{if .Flag}}{{stages}}.all_tracks_before_signup{{else}}{{partition "stages" "all_tracks" .Month "_signup"}}{{end}} (LIKE {{sessions}}.all_sessions INCLUDING ALL)
