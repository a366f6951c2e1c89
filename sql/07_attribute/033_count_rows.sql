-- Rows of a table built aside. Reads: the table.
SELECT count(*) FROM {{.Table}}
