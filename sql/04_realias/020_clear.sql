-- The worklist is done. Writes: dirty_identifiers.
DELETE FROM {{ops}}.dirty_identifiers
