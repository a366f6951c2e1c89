-- Ends an attempt at a stage. Writes: stage_runs. @run, @stage, @attempt, @state, @rows_in, @rows_changed, @counters, @error,
-- @error_class: what was to be done about it. One that has ended stays as it ended: its commit may have come through unanswered.
UPDATE {{ops}}.stage_runs
SET state = @state, finished_at = clock_timestamp(), rows_in = @rows_in, rows_changed = @rows_changed, counters = @counters, error = @error,
    error_class = @error_class
WHERE run_id = @run AND stage = @stage AND attempt = @attempt AND state = 'running'
