-- Puts down every identifier whose person changed, for stage 4 and for the journal. Returns how many, and how many persons with
-- a user_id they belonged to before.
-- Reads: graph_users, graph_anonymous, resolved_users, resolved_anonymous, user_ids, anonymous_ids.
-- Writes: changes, dirty_identifiers. @run.
WITH moved AS (
    SELECT true AS is_user, g.user_id AS identifier, o.alias_id AS old_alias_id, o.alias_id IS NOT NULL AS old_is_identified,
        n.alias_id AS new_alias_id, n.alias_id IS NOT NULL AS new_is_identified
    FROM graph_users AS g
    LEFT JOIN {{aliases}}.user_ids AS o ON o.user_id = g.user_id
    LEFT JOIN resolved_users AS n ON n.user_id = g.user_id
    WHERE o.alias_id IS DISTINCT FROM n.alias_id
    UNION ALL
    SELECT false, g.anonymous_id, coalesce(o.alias_id, g.anonymous_id), coalesce(o.is_identified, false),
        coalesce(n.alias_id, g.anonymous_id), coalesce(n.is_identified, false)
    FROM graph_anonymous AS g
    LEFT JOIN {{aliases}}.anonymous_ids AS o ON o.anonymous_id = g.anonymous_id
    LEFT JOIN resolved_anonymous AS n ON n.anonymous_id = g.anonymous_id
    WHERE (coalesce(o.alias_id, g.anonymous_id), coalesce(o.is_identified, false))
        <> (coalesce(n.alias_id, g.anonymous_id), coalesce(n.is_identified, false))
), journal AS (
    INSERT INTO {{aliases}}.changes (run_id, recorded_at, is_user, identifier, old_alias_id, old_is_identified, new_alias_id, new_is_identified)
    SELECT @run::bigint, now(), is_user, identifier, old_alias_id, CASE WHEN old_alias_id IS NOT NULL THEN old_is_identified END,
        new_alias_id, CASE WHEN new_alias_id IS NOT NULL THEN new_is_identified END
    FROM moved
), worklist AS (
    INSERT INTO {{ops}}.dirty_identifiers (user_id, anonymous_id, old_alias_id, old_is_identified)
    SELECT CASE WHEN is_user THEN identifier ELSE '' END, CASE WHEN is_user THEN '' ELSE identifier END,
        old_alias_id, CASE WHEN old_alias_id IS NOT NULL THEN old_is_identified END
    FROM moved
)
SELECT count(*), count(DISTINCT old_alias_id) FILTER (WHERE old_is_identified) FROM moved
