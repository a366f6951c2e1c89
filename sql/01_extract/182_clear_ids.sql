-- The worklist is done: of a source table, or Full of those there are no more. Writes: dirty_ids. @source, @kind; Full: none.
DELETE FROM {{ops}}.dirty_ids{{if not .Full}} WHERE source = @source AND kind = @kind::smallint{{end}}
