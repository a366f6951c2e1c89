-- Renames a table. Writes: its name.
ALTER TABLE {{.Table}} RENAME TO {{.Other}}
