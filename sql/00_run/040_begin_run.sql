-- Begins a run, once. Writes: runs. @as_of, @is_full, @stages, @version, @options, @retry_of: the failed run it goes on with;
-- @token: of this run alone, also when the answer was lost and it is begun again.
INSERT INTO {{ops}}.runs (as_of, is_full, stages, version, options, retry_of, token)
VALUES (@as_of, @is_full, @stages, @version, @options, @retry_of, @token)
ON CONFLICT (token) DO UPDATE SET as_of = excluded.as_of
RETURNING run_id
