-- The persons this run rewrites, with the mark it answers: one marked again meanwhile stays dirty.
-- Reads: dirty_persons. Writes: the new table.
CREATE TABLE {{aside "stages" "persons" .Run}} AS
SELECT alias_id, is_identified, mark FROM {{ops}}.dirty_persons
