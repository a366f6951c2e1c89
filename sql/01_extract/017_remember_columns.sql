-- Keeps the columns a source table has now. Writes: source_columns.
-- @source, @source_table, @names and @types: one entry a column.
INSERT INTO {{ops}}.source_columns (source, source_table, column_name, data_type)
SELECT @source::text, @source_table, c.name, c.type
FROM unnest(@names::text[], @types::text[]) AS c (name, type)
