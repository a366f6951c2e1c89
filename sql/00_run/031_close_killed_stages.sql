-- And so were their stages. Writes: stage_runs.
UPDATE {{ops}}.stage_runs SET state = 'failed', error = 'the process ended without a word', finished_at = clock_timestamp() WHERE state = 'running'
