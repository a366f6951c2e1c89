-- Says when a failed attempt is followed by another. Writes: stage_runs. @run, @stage, @attempt, @again_in: how long from now.
UPDATE {{ops}}.stage_runs SET next_try_at = clock_timestamp() + @again_in::interval WHERE run_id = @run AND stage = @stage AND attempt = @attempt
