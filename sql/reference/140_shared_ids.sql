-- Purpose: the anonymous_ids with more persons than max_users_per_anonymous_id,
--          counted among the users of their edges after alias joins.
-- Reads:   edges, alias_components, settings.
-- Writes:  shared_ids.
-- Parameters: none.
CREATE UNLOGGED TABLE {{.Schema}}.shared_ids AS
SELECT e.anonymous_id
FROM {{.Schema}}.edges AS e
LEFT JOIN {{.Schema}}.alias_components AS c ON c.user_id = e.user_id
CROSS JOIN {{.Schema}}.settings AS s
GROUP BY e.anonymous_id, s.max_users_per_anonymous_id
HAVING count(DISTINCT coalesce(c.component, e.user_id)) > s.max_users_per_anonymous_id
