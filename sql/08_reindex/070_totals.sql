-- Whether work waits; events in visits and in published sessions; persons with a conversion and rows of attribution.
-- Reads: the worklists, counters, totals, all_conversions, user_ids, anonymous_ids, attribution.
SELECT EXISTS (SELECT FROM {{ops}}.dirty_months) OR EXISTS (SELECT FROM {{ops}}.dirty_pairs) OR EXISTS (SELECT FROM {{ops}}.dirty_edges)
        OR EXISTS (SELECT FROM {{ops}}.dirty_identifiers) OR EXISTS (SELECT FROM {{ops}}.dirty_persons) OR EXISTS (SELECT FROM {{ops}}.dirty_stages),
    (SELECT coalesce(sum(in_visits), 0)::bigint FROM {{ops}}.counters),
    (SELECT in_sessions FROM {{ops}}.totals),
    (
        SELECT count(*)
        FROM (
            SELECT DISTINCT
                CASE WHEN c.user_id <> '' THEN coalesce(u.alias_id, c.user_id) WHEN a.is_identified THEN a.alias_id ELSE c.anonymous_id END,
                c.user_id <> '' OR coalesce(a.is_identified, false)
            FROM {{stages}}.all_conversions AS c
            LEFT JOIN {{aliases}}.user_ids AS u ON u.user_id = c.user_id
            LEFT JOIN {{aliases}}.anonymous_ids AS a ON c.user_id = '' AND a.anonymous_id = c.anonymous_id
        ) AS p
    ),
    (SELECT count(*) FROM {{sessions}}.attribution)
