-- Begins every transaction of a stage: a run that was superseded finds its row closed, and one that would supersede it
-- waits until the transaction ends. Reads: runs. @run.
SELECT state = 'running' FROM {{ops}}.runs WHERE run_id = @run FOR SHARE
