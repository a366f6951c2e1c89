-- Statistics for what follows: temporary tables have none. Reads and writes: a temporary table.
ANALYZE {{.Table}}
