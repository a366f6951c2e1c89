-- The pairs whose sightings changed, until the transaction ends. Reads: dirty_edges. Writes: a temporary table.
CREATE TEMPORARY TABLE pairs ON COMMIT DROP AS
SELECT anonymous_id, user_id, is_alias, bool_or(rebuild) AS rebuild
FROM {{ops}}.dirty_edges
GROUP BY anonymous_id, user_id, is_alias
