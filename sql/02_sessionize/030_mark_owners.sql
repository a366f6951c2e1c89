-- Marks every identifier with visits or conversions in the month, before and again after it is made anew. Flag: also those of
-- identify calls, of which persons show traits: users sighted, and pairs whose rows changed.
-- Reads: all_tracks, all_conversions, all_sightings, dirty_pairs. Writes: dirty_identifiers. @month.
INSERT INTO {{ops}}.dirty_identifiers (user_id, anonymous_id)
SELECT user_id, CASE WHEN user_id = '' THEN anonymous_id ELSE '' END FROM {{partition "stages" "all_tracks" .Month}}
UNION
SELECT user_id, CASE WHEN user_id = '' THEN anonymous_id ELSE '' END FROM {{partition "stages" "all_conversions" .Month}}
{{- if .Flag}}
UNION
SELECT user_id, ''
FROM {{partition "stages" "all_sightings" .Month}}
WHERE user_id <> ''
UNION
SELECT user_id, CASE WHEN user_id = '' THEN anonymous_id ELSE '' END
FROM {{ops}}.dirty_pairs
WHERE received_month = @month
{{- end}}
