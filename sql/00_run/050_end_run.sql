-- Ends a run. Writes: runs. @run, @state, @error.
UPDATE {{ops}}.runs SET state = @state, error = @error, finished_at = clock_timestamp() WHERE run_id = @run
