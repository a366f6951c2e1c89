-- What verify compares up to: the as-of of the last extraction that completed; the state of the last one; source tables
-- whose first reading goes on; the last run begun. Reads: runs, stage_runs, high_water_marks.
SELECT
    (SELECT max(r.as_of) FROM {{ops}}.runs AS r JOIN {{ops}}.stage_runs AS s ON s.run_id = r.run_id
        WHERE s.stage = 'extract' AND s.state = 'done'),
    (SELECT s.state FROM {{ops}}.stage_runs AS s WHERE s.stage = 'extract' ORDER BY s.run_id DESC, s.attempt DESC LIMIT 1),
    (SELECT count(*) FROM {{ops}}.high_water_marks WHERE first_as_of IS NOT NULL),
    (SELECT coalesce(max(run_id), 0) FROM {{ops}}.runs)
