-- Whether an attempt's transaction was committed. Reads: stage_runs. @run, @stage, @attempt.
SELECT state = 'done' FROM {{ops}}.stage_runs WHERE run_id = @run AND stage = @stage AND attempt = @attempt
