-- States the bounds of a month to be swapped in, so that attaching needs no scan under the lock. Flag: what began before
-- the first month. Writes: the table's constraints.
ALTER TABLE {{.Table}} DROP CONSTRAINT IF EXISTS swap_bounds, ADD CONSTRAINT swap_bounds CHECK ({{if not .Flag}}started_at >= {{.Month.From}} AND started_at < {{.Month.To}}{{else}}started_at < {{.Month.From}}{{end}})
