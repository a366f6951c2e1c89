-- A parent shaped like the published table: attaching a table to it builds every index the published table has.
-- Writes: the new table.
CREATE TABLE {{.Table}} (LIKE {{.Other}} INCLUDING ALL) PARTITION BY RANGE (alias_id)
