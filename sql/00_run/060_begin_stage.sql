-- Begins an attempt at a stage. Writes: stage_runs. @run, @stage, @attempt.
INSERT INTO {{ops}}.stage_runs (run_id, stage, attempt) VALUES (@run, @stage, @attempt)
