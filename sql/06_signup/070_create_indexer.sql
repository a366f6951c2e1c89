-- A parent shaped like the published table: attaching a table to it builds every index the published table has.
-- Extra: what the published table is partitioned by, since a unique index of it has to name that.
-- Writes: the new table.
CREATE TABLE {{.Table}} (LIKE {{.Other}} INCLUDING ALL) PARTITION BY RANGE ({{index .Extra 0}})
