-- The paths of the persons this run rewrites, with their key alone. Full: without, since all indexes are built once when all
-- rows are there. Writes: the new table.
CREATE TABLE {{aside "sessions" "paths" .Run}} (
    LIKE {{sessions}}.paths INCLUDING ALL EXCLUDING INDEXES{{if not .Full}}, PRIMARY KEY (alias_id, is_identified, conversion, number, position){{end}}
)
