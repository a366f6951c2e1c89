-- Deletes the sightings by alias calls that went with them. Reads: forgotten_rows. Writes: all_sightings.
DELETE FROM {{stages}}.all_sightings AS v
USING (SELECT DISTINCT previous_id, user_id FROM forgotten_rows WHERE kind = 5) AS r
WHERE v.is_alias AND v.user_id = r.user_id AND v.anonymous_id = r.previous_id
    AND v.anonymous_id IN (SELECT f.identifier FROM forgotten_ids AS f)
