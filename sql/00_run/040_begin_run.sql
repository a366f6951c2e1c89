-- Begins a run. Writes: runs. @as_of, @is_full, @stages, @version, @options, @retry_of: the failed run it goes on with.
INSERT INTO {{ops}}.runs (as_of, is_full, stages, version, options, retry_of)
VALUES (@as_of, @is_full, @stages, @version, @options, @retry_of)
RETURNING run_id
