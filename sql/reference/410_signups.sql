-- Purpose: the first signup of every person who has one, server events included.
-- Reads:   events.
-- Writes:  signups.
-- Parameters: none.
CREATE UNLOGGED TABLE {{.Schema}}.signups AS
SELECT alias_id, is_identified, min(at) AS signup_timestamp
FROM {{.Schema}}.events
WHERE is_signup
GROUP BY alias_id, is_identified
