-- The latest run: its number, its state, when it began and the stage it was in last. Reads: runs, stage_runs.
SELECT r.run_id, r.state, r.started_at,
    coalesce((SELECT s.stage FROM {{ops}}.stage_runs AS s WHERE s.run_id = r.run_id ORDER BY s.started_at DESC LIMIT 1), '')
FROM {{ops}}.runs AS r
ORDER BY r.run_id DESC
LIMIT 1
