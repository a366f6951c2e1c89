-- Events in published sessions, counted anew, by the running total and by the counters of visits; signed-up persons
-- counted anew, rows of attribution, persons of the former without the latter and the other way round.
-- Reads: all_sessions, totals, counters, all_conversions, user_ids, anonymous_ids, attribution. @signup: the conversion's name.
WITH signed_up AS (
    SELECT DISTINCT
        CASE WHEN c.user_id <> '' THEN coalesce(u.alias_id, c.user_id) WHEN a.is_identified THEN a.alias_id ELSE c.anonymous_id END AS alias_id,
        c.user_id <> '' OR coalesce(a.is_identified, false) AS is_identified
    FROM {{stages}}.all_conversions AS c
    LEFT JOIN {{aliases}}.user_ids AS u ON u.user_id = c.user_id
    LEFT JOIN {{aliases}}.anonymous_ids AS a ON c.user_id = '' AND a.anonymous_id = c.anonymous_id
    WHERE c.conversion = @signup
)
SELECT
    (SELECT coalesce(sum(event_count), 0)::bigint FROM {{sessions}}.all_sessions),
    (SELECT in_sessions FROM {{ops}}.totals),
    (SELECT coalesce(sum(in_visits), 0)::bigint FROM {{ops}}.counters),
    (SELECT count(*) FROM signed_up),
    (SELECT count(*) FROM {{sessions}}.attribution),
    (SELECT count(*) FROM signed_up AS g WHERE NOT EXISTS (
        SELECT FROM {{sessions}}.attribution AS a WHERE a.alias_id = g.alias_id AND a.is_identified = g.is_identified)),
    (SELECT count(*) FROM {{sessions}}.attribution AS a WHERE NOT EXISTS (
        SELECT FROM signed_up AS g WHERE g.alias_id = a.alias_id AND g.is_identified = a.is_identified))
