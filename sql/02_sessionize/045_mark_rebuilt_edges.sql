-- Marks the edges of the pairs derived anew. Writes: dirty_edges. @anonymous_ids, @user_ids: the pairs.
INSERT INTO {{ops}}.dirty_edges (anonymous_id, user_id, is_alias, rebuild)
SELECT DISTINCT p.anonymous_id, p.user_id, a.is_alias, true
FROM unnest(@anonymous_ids::text[], @user_ids::text[]) AS p (anonymous_id, user_id), (VALUES (false), (true)) AS a (is_alias)
WHERE p.user_id <> ''
