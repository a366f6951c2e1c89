-- Detaches a partition. Writes: the parent's partitions.
ALTER TABLE {{.Other}} DETACH PARTITION {{.Table}}
