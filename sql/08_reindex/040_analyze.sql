-- Statistics of a parent: autovacuum never takes them. Writes: the table's statistics.
ANALYZE {{.Table}}
