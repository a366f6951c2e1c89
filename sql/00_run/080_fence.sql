-- A run that was superseded must not publish: locks its row, or finds it closed. Writes: runs. @run.
UPDATE {{ops}}.runs SET state = 'running' WHERE run_id = @run AND state = 'running'
