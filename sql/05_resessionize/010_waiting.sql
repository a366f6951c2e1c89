-- What waits: persons, and a mark that every person is to be merged anew. Reads: dirty_persons, dirty_stages.
SELECT (SELECT count(*) FROM {{ops}}.dirty_persons), (SELECT mark FROM {{ops}}.dirty_stages WHERE stage = 'resessionize')
