-- A month of re-merged sessions, shaped like the published one, with its key alone. Full: without, since all indexes are built
-- once when all rows are there, and with its bounds stated, so that attaching it needs no scan. Flag: what began before the
-- first month. Writes: the new table.
CREATE TABLE {{if .Flag}}{{stages}}.all_tracks_before_re_merged{{else}}{{partition "stages" "all_tracks" .Month "_re_merged"}}{{end}} (
    LIKE {{sessions}}.all_sessions INCLUDING ALL EXCLUDING INDEXES,
{{- if .Full}}
    CONSTRAINT swap_bounds CHECK ({{if not .Flag}}started_at >= {{.Month.From}} AND started_at < {{.Month.To}}{{else}}started_at < {{.Month.From}}{{end}})
{{- else}}
    PRIMARY KEY (alias_id, is_identified, started_at)
{{- end}}
)
