-- Marks every identifier with visits or conversions in the month, before and again after it is made anew.
-- Reads: all_tracks, all_conversions. Writes: dirty_identifiers.
INSERT INTO {{ops}}.dirty_identifiers (user_id, anonymous_id)
SELECT user_id, CASE WHEN user_id = '' THEN anonymous_id ELSE '' END FROM {{partition "stages" "all_tracks" .Month}}
UNION
SELECT user_id, CASE WHEN user_id = '' THEN anonymous_id ELSE '' END FROM {{partition "stages" "all_conversions" .Month}}
