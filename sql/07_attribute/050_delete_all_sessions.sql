-- Deletes the sessions of this run's persons that are no more or differ. Returns how many, and their events.
-- Reads: what was built aside. Writes: all_sessions.
WITH gone AS (
    DELETE FROM {{sessions}}.all_sessions AS o
    USING {{aside "stages" "persons" .Run}} AS p
    WHERE p.alias_id = o.alias_id AND p.is_identified = o.is_identified
        AND NOT EXISTS (
            SELECT FROM {{aside "stages" "re_merged" .Run}} AS n
            WHERE n.alias_id = o.alias_id AND n.is_identified = o.is_identified AND n.started_at = o.started_at
                AND ROW(n.*) IS NOT DISTINCT FROM ROW(o.*)
        )
    RETURNING o.event_count
)
SELECT count(*), coalesce(sum(event_count), 0)::bigint FROM gone
