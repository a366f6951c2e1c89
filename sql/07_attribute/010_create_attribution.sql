-- The attribution of the persons this run rewrites. Writes: the new table.
CREATE TABLE {{aside "sessions" "attribution" .Run}} (LIKE {{sessions}}.attribution INCLUDING ALL)
