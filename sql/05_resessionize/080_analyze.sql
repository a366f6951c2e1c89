-- Statistics for the stages after. Writes: the table's statistics.
ANALYZE {{.Table}}
