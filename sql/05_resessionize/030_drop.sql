-- Drops a table built aside. Writes: the table.
DROP TABLE IF EXISTS {{.Table}}
