-- Their touches. Full: without indexes, which are built once when all rows are there. Writes: the new table.
CREATE TABLE {{aside "sessions" "touches" .Run}} (LIKE {{sessions}}.touches INCLUDING ALL{{if .Full}} EXCLUDING INDEXES{{end}})
