-- Statistics of a table, of a parent with all its partitions. Writes: the table's statistics.
ANALYZE {{.Table}}
