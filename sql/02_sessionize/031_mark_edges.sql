-- Marks every pair sighted in the month, before and again after it is made anew.
-- Reads: all_sightings. Writes: dirty_edges.
INSERT INTO {{ops}}.dirty_edges (anonymous_id, user_id, is_alias, rebuild)
SELECT DISTINCT anonymous_id, user_id, is_alias, true
FROM {{partition "stages" "all_sightings" .Month}}
WHERE user_id <> '' AND rejected_count = 0
