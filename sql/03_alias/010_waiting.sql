-- How much waits. Reads: dirty_edges, dirty_stages.
SELECT (SELECT count(*) FROM {{ops}}.dirty_edges), EXISTS (SELECT FROM {{ops}}.dirty_stages WHERE stage = 'alias')
