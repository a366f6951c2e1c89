-- What changed since yesterday?
--
-- Read: one row a fact of the newest run: how old the data is, which identifiers
-- changed their person (which may change the signups of long ago), and how many
-- signups are of the newest day and the day before.
--
-- Caveats: the newest day is the one of the newest event, and may not be over. That a
-- signup of an old day appears only now is late data: the run's own report counts it
-- ("attribution status").
WITH newest AS (
    SELECT max(run_id) AS run_id, max(newest_event) AS newest_event, max(published_at) AS published_at FROM sessions.freshness
), changes AS (
    SELECT c.* FROM aliases.changes AS c JOIN newest USING (run_id)
), days AS (
    SELECT (newest_event AT TIME ZONE 'UTC')::date - (signup_timestamp AT TIME ZONE 'UTC')::date AS ago FROM sessions.attribution, newest
)
SELECT what, value
FROM (
    SELECT 1, 'newest event', to_char(newest_event AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') FROM newest
    UNION ALL SELECT 2, 'users seen for the first time', count(*)::text FROM changes WHERE is_user AND old_alias_id IS NULL
    UNION ALL SELECT 3, 'users joined to another, or split', count(*)::text FROM changes WHERE is_user AND old_alias_id IS NOT NULL
    UNION ALL SELECT 4, 'devices whose person changed', count(*)::text FROM changes WHERE NOT is_user
    UNION ALL SELECT 5, 'signed-up persons these are of now', count(DISTINCT a.alias_id)::text FROM changes AS c JOIN sessions.attribution AS a ON a.alias_id = c.new_alias_id AND a.is_identified = c.new_is_identified
    UNION ALL SELECT 6, 'signups of the newest day', count(*)::text FROM days WHERE ago = 0
    UNION ALL SELECT 7, 'signups of the day before', count(*)::text FROM days WHERE ago = 1
) AS facts (line, what, value)
ORDER BY line;
