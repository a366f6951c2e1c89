-- The conversions of the persons this run rewrites. Writes: the new table.
CREATE TABLE {{aside "sessions" "conversions" .Run}} (LIKE {{sessions}}.conversions INCLUDING ALL)
