-- The last run: what it was asked, and which of its stages are done. Reads: runs, stage_runs.
SELECT r.run_id, r.state, r.is_full, r.stages, r.as_of, r.options,
    ARRAY(SELECT s.stage FROM {{ops}}.stage_runs AS s WHERE s.run_id = r.run_id AND s.state = 'done')
FROM {{ops}}.runs AS r
ORDER BY r.run_id DESC
LIMIT 1
