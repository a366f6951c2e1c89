-- Deletes the conversions of the pairs to derive anew. Writes: all_conversions. @anonymous_ids, @user_ids: the pairs.
DELETE FROM {{partition "stages" "all_conversions" .Month}} AS v
USING unnest(@anonymous_ids::text[], @user_ids::text[]) AS p (anonymous_id, user_id)
WHERE v.anonymous_id = p.anonymous_id AND v.user_id = p.user_id
