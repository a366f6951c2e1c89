-- Marks the identifiers of the pairs derived anew. Writes: dirty_identifiers. @anonymous_ids, @user_ids: the pairs.
INSERT INTO {{ops}}.dirty_identifiers (user_id, anonymous_id)
SELECT DISTINCT p.user_id, CASE WHEN p.user_id = '' THEN p.anonymous_id ELSE '' END
FROM unnest(@anonymous_ids::text[], @user_ids::text[]) AS p (anonymous_id, user_id)
