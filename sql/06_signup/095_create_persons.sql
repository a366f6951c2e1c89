-- The persons this run rewrites, as analysts see them. Full: without indexes, which are built once all rows are there.
-- Writes: the new table.
CREATE TABLE {{aside "sessions" "persons" .Run}} (LIKE {{sessions}}.persons INCLUDING ALL{{if .Full}} EXCLUDING INDEXES{{end}})
