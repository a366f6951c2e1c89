-- The useful sessions of the persons this run rewrites. Writes: the new table.
CREATE TABLE {{aside "sessions" "useful_sessions" .Run}} (LIKE {{sessions}}.useful_sessions INCLUDING ALL)
