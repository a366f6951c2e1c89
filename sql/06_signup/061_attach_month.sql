-- Attaches it to the published sessions. Flag: what began before the first month. Writes: all_sessions' partitions.
ALTER TABLE {{sessions}}.all_sessions ATTACH PARTITION
{{- if .Flag}} {{stages}}.all_tracks_before_signup FOR VALUES FROM (MINVALUE) TO ({{.Month.From}})
{{- else}} {{partition "stages" "all_tracks" .Month "_signup"}} FOR VALUES FROM ({{.Month.From}}) TO ({{.Month.To}}){{end}}
