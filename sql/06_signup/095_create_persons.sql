-- The persons this run rewrites, as analysts see them. Writes: the new table.
CREATE TABLE {{aside "sessions" "persons" .Run}} (LIKE {{sessions}}.persons INCLUDING ALL)
