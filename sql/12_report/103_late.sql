-- Events that stage 2 has read, of all time and counted again where read again, and those of them that came late. Reads: stage_runs.
SELECT coalesce(sum(rows_in), 0)::bigint, coalesce(sum((counters ->> 'events_late')::bigint), 0)::bigint
FROM {{ops}}.stage_runs
WHERE stage = 'sessionize' AND state = 'done'
