-- Creates a month's partition, not attached yet: CREATE TABLE … PARTITION OF would lock out readers of the parent.
-- Writes: the new table.
CREATE TABLE {{.Table}} (LIKE {{.Other}} INCLUDING ALL)
