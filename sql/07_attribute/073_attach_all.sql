-- Attaches the one partition of a table. Writes: the parent's partitions.
ALTER TABLE {{.Other}} ATTACH PARTITION {{.Table}} FOR VALUES FROM (MINVALUE) TO (MAXVALUE)
