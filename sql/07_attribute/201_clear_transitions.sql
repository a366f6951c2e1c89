-- Forgets transitions: those that nobody makes any more; Full: all. Writes: transitions.
DELETE FROM {{stages}}.transitions{{if not .Full}}
WHERE count = 0{{end}}
