-- Attaches it, so that COPY finds it by started_at. Flag: what began before the first month.
-- Writes: the run's re_merged table.
ALTER TABLE {{aside "stages" "re_merged" .Run}} ATTACH PARTITION
{{- if .Flag}} {{stages}}.all_tracks_before_re_merged FOR VALUES FROM (MINVALUE) TO ({{.Month.From}})
{{- else}} {{partition "stages" "all_tracks" .Month "_re_merged"}} FOR VALUES FROM ({{.Month.From}}) TO ({{.Month.To}}){{end}}
