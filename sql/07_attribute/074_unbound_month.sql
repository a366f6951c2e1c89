-- The partition's bounds say the same now. Writes: the table's constraints.
ALTER TABLE {{.Table}} DROP CONSTRAINT swap_bounds
