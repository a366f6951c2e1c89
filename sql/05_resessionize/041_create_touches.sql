-- Their touches. Writes: the new table.
CREATE TABLE {{aside "sessions" "touches" .Run}} (LIKE {{sessions}}.touches INCLUDING ALL)
