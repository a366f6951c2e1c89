-- What waits, by worklist. Reads: the worklists.
SELECT 'extract' AS stage, 'ids' AS unit, count(*) FROM {{ops}}.dirty_ids
UNION ALL SELECT 'sessionize', 'months', count(*) FROM {{ops}}.dirty_months
UNION ALL SELECT 'sessionize', 'pairs', count(*) FROM {{ops}}.dirty_pairs
UNION ALL SELECT 'alias', 'edges', count(*) FROM {{ops}}.dirty_edges
UNION ALL SELECT 'realias', 'identifiers', count(*) FROM {{ops}}.dirty_identifiers
UNION ALL SELECT 'resessionize', 'persons', count(*) FROM {{ops}}.dirty_persons
UNION ALL SELECT stage, 'everything', 1 FROM {{ops}}.dirty_stages
UNION ALL SELECT CASE last_stage WHEN 'signup' THEN 'attribute' ELSE 'signup' END, 'prepared', 1 FROM {{ops}}.prepared
