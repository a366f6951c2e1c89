-- Nothing waits to be published. Writes: prepared.
DELETE FROM {{ops}}.prepared
