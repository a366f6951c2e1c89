-- Runs still marked running while we hold the lock were killed. Writes: runs. @token: of our own.
UPDATE {{ops}}.runs
SET state = 'failed', error = 'the process ended without a word', finished_at = clock_timestamp()
WHERE state = 'running' AND token <> @token
