-- Deletes their sessions, and uncounts the events in them. Returns how many. Reads: forgotten_ids. Writes: all_sessions, totals.
WITH gone AS (
    DELETE FROM {{sessions}}.all_sessions AS s
    USING forgotten_ids AS f
    WHERE s.alias_id = f.identifier AND s.is_identified = f.is_user
    RETURNING s.event_count
), uncounted AS (
    UPDATE {{ops}}.totals
    SET in_sessions = in_sessions - (SELECT coalesce(sum(event_count), 0)::bigint FROM gone)
)
SELECT count(*) FROM gone
