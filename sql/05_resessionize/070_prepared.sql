-- Says what is built aside and how far it is. Writes: prepared.
-- @run: whose suffix it bears; @is_full; @stage: the stage that completed; @mark: the mark in dirty_stages it answers.
INSERT INTO {{ops}}.prepared (run_id, is_full, last_stage, mark)
VALUES (@run, @is_full, @stage, @mark)
ON CONFLICT (only_row) DO UPDATE
SET run_id = excluded.run_id, is_full = excluded.is_full, last_stage = excluded.last_stage, mark = excluded.mark
