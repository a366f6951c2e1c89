-- Whether work waits; events in visits and in published sessions. Reads: the worklists, counters, totals.
SELECT EXISTS (SELECT FROM {{ops}}.dirty_months) OR EXISTS (SELECT FROM {{ops}}.dirty_pairs) OR EXISTS (SELECT FROM {{ops}}.dirty_edges)
        OR EXISTS (SELECT FROM {{ops}}.dirty_identifiers) OR EXISTS (SELECT FROM {{ops}}.dirty_persons) OR EXISTS (SELECT FROM {{ops}}.dirty_stages),
    (SELECT coalesce(sum(in_visits), 0)::bigint FROM {{ops}}.counters),
    (SELECT in_sessions FROM {{ops}}.totals)
