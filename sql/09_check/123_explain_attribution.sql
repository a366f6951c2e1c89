-- The published row of a person. Reads: attribution. @alias_id, @is_identified.
SELECT *
FROM {{sessions}}.attribution
WHERE alias_id = @alias_id AND is_identified = @is_identified
