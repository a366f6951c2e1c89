-- Their touches, with their key alone. Full: without, since all indexes are built once when all rows are there. Writes: the new table.
CREATE TABLE {{aside "sessions" "touches" .Run}} (
    LIKE {{sessions}}.touches INCLUDING ALL EXCLUDING INDEXES{{if not .Full}}, PRIMARY KEY (alias_id, is_identified, position){{end}}
)
