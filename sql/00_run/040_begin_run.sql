-- Begins a run. Writes: runs. @as_of, @is_full, @stages, @version.
INSERT INTO {{ops}}.runs (as_of, is_full, stages, version) VALUES (@as_of, @is_full, @stages, @version) RETURNING run_id
