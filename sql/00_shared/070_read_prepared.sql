-- What is built aside and waits to be published. Reads: prepared.
SELECT run_id, is_full, last_stage, mark FROM {{ops}}.prepared
