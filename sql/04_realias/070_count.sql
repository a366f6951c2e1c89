-- What stage 5 will have to do. Reads: dirty_persons, dirty_stages.
SELECT count(*), coalesce(sum(visit_count), 0)::bigint,
    (SELECT count(DISTINCT m) FROM {{ops}}.dirty_persons AS p, unnest(p.visit_months) AS m),
    EXISTS (SELECT FROM {{ops}}.dirty_stages WHERE stage = 'resessionize')
FROM {{ops}}.dirty_persons
