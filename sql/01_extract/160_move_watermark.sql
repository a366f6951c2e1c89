-- Moves the high-water mark on, in the transaction that took the rows in. Writes: high_water_marks.
-- @source, @source_table, @load_time (NULL: leave it), @first_as_of and @next_month (NULL: the first reading is complete).
INSERT INTO {{ops}}.high_water_marks AS h (source, source_table, load_time, first_as_of, next_month)
VALUES (@source, @source_table, @load_time, @first_as_of, @next_month)
ON CONFLICT (source, source_table) DO UPDATE
SET load_time = greatest(h.load_time, excluded.load_time), first_as_of = excluded.first_as_of, next_month = excluded.next_month
