-- Purpose: what connects identifiers into persons: alias joins and, under the policy
--          merge, the edges of anonymous_ids that are not shared. A node is 'u' or 'a'
--          before the identifier.
-- Reads:   user_joins, edges, shared_ids, settings.
-- Writes:  links.
-- Parameters: none.
CREATE UNLOGGED TABLE {{.Schema}}.links AS
SELECT 'u' || previous_id AS one, 'u' || user_id AS other
FROM {{.Schema}}.user_joins
UNION
SELECT 'a' || e.anonymous_id, 'u' || e.user_id
FROM {{.Schema}}.edges AS e
CROSS JOIN {{.Schema}}.settings AS s
WHERE s.policy = 'merge'
    AND NOT EXISTS (SELECT FROM {{.Schema}}.shared_ids AS shared WHERE shared.anonymous_id = e.anonymous_id)
