-- Marks who has a conversion that was worth nothing when it was published, and now is: an event's own table may be loaded
-- after tracks. Columns: as of 06_signup/082. Reads: conversions, the source's table. Writes: dirty_identifiers.
-- @source, @conversion; @as_of: the run's clock.
INSERT INTO {{ops}}.dirty_identifiers (user_id, anonymous_id)
SELECT DISTINCT CASE WHEN c.is_identified THEN c.alias_id ELSE '' END, CASE WHEN c.is_identified THEN '' ELSE c.alias_id END
FROM {{sessions}}.conversions AS c
JOIN ({{template "event_values" .}}) AS e ON e.id = c.message_id COLLATE "default"
WHERE c.source = @source AND c.conversion = @conversion AND c.value IS NULL
