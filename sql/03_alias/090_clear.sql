-- The worklist is done. Writes: dirty_edges.
DELETE FROM {{ops}}.dirty_edges
