-- Makes room for what is made anew in this transaction: readers see the old rows until it commits. Writes: the table.
DELETE FROM {{.Table}}
