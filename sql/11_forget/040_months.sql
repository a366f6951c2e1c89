-- The months in which rows of theirs may lie, by the indexes of what was made of them, and those not sessionized yet.
-- Reads: forgotten_ids, all_tracks, all_conversions, all_sightings, dirty_months, dirty_pairs.
{{- define "of_user"}}f.is_user AND v.user_id = f.identifier{{end}}
{{- define "of_device"}}NOT f.is_user AND v.user_id = '' AND v.anonymous_id = f.identifier{{end}}
SELECT v.received_month FROM forgotten_ids AS f JOIN {{stages}}.all_tracks AS v ON {{template "of_user"}}
UNION
SELECT v.received_month FROM forgotten_ids AS f JOIN {{stages}}.all_tracks AS v ON {{template "of_device"}}
UNION
SELECT v.received_month FROM forgotten_ids AS f JOIN {{stages}}.all_conversions AS v ON {{template "of_user"}}
UNION
SELECT v.received_month FROM forgotten_ids AS f JOIN {{stages}}.all_conversions AS v ON {{template "of_device"}}
UNION
SELECT v.received_month FROM forgotten_ids AS f JOIN {{stages}}.all_sightings AS v ON {{template "of_user"}}
UNION
SELECT v.received_month FROM forgotten_ids AS f JOIN {{stages}}.all_sightings AS v ON {{template "of_device"}}
UNION
SELECT received_month FROM {{ops}}.dirty_months
UNION
SELECT received_month FROM {{ops}}.dirty_pairs
