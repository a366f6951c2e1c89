-- Begins an attempt at a stage, and closes the one before, where the connection was lost before that was said.
-- Writes: stage_runs. @run, @stage, @attempt.
WITH closed AS (
    UPDATE {{ops}}.stage_runs
    SET state = 'failed', error = 'the connection was lost', finished_at = clock_timestamp()
    WHERE run_id = @run AND stage = @stage AND attempt < @attempt AND state = 'running'
)
INSERT INTO {{ops}}.stage_runs (run_id, stage, attempt) VALUES (@run, @stage, @attempt)
