-- Every pair there is or was, for a full run. Reads: all_sightings, edges, first_sights. Writes: a temporary table.
CREATE TEMPORARY TABLE pairs ON COMMIT DROP AS
SELECT anonymous_id, user_id, is_alias, true AS rebuild FROM {{stages}}.all_sightings WHERE user_id <> '' AND rejected_count = 0
UNION
SELECT anonymous_id, user_id, is_alias, true FROM {{aliases}}.edges
UNION
SELECT '', user_id, false, true FROM {{aliases}}.first_sights
