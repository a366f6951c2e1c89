-- Inserts the sessions of this run's persons that are new or differed. Returns how many, and their events.
-- Reads: what was built aside. Writes: all_sessions.
WITH added AS (
    INSERT INTO {{sessions}}.all_sessions
    SELECT n.*
    FROM {{aside "stages" "re_merged" .Run}} AS n
    WHERE NOT EXISTS (
        SELECT FROM {{sessions}}.all_sessions AS o
        WHERE n.alias_id = o.alias_id AND n.is_identified = o.is_identified AND n.started_at = o.started_at
    )
    RETURNING event_count
)
SELECT count(*), coalesce(sum(event_count), 0)::bigint FROM added
