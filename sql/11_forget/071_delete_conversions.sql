-- Deletes their conversions. Flag: those of devices, else of users. Reads: forgotten_ids. Writes: all_conversions.
DELETE FROM {{stages}}.all_conversions AS v
USING forgotten_ids AS f
WHERE {{if .Flag}}{{template "of_device"}}{{else}}{{template "of_user"}}{{end}}
