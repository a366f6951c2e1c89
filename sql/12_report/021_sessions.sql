-- The sessions of the period: those of people, the persons who had them, and those that known crawlers alone made.
-- Reads: all_sessions. @from, @until: the period, half-open.
SELECT coalesce(sum(session_count), 0)::bigint, count(*) FILTER (WHERE session_count > 0), coalesce(sum(bot_count), 0)::bigint
FROM (
    SELECT count(*) FILTER (WHERE bot_event_count < event_count) AS session_count,
        count(*) FILTER (WHERE bot_event_count >= event_count) AS bot_count
    FROM {{sessions}}.all_sessions
    WHERE started_at >= @from AND started_at < @until
    GROUP BY alias_id, is_identified
) AS s
