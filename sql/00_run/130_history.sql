-- The latest runs and their stages. Reads: runs, stage_runs. @limit.
SELECT r.run_id, r.started_at, r.finished_at, r.as_of, r.state, r.is_full, r.error,
    s.stage, s.attempt, s.state, s.started_at, s.finished_at, s.rows_in, s.rows_changed, s.error
FROM (SELECT * FROM {{ops}}.runs ORDER BY run_id DESC LIMIT @limit) AS r
LEFT JOIN {{ops}}.stage_runs AS s ON s.run_id = r.run_id
ORDER BY r.run_id DESC, s.started_at, s.attempt
