-- Deletes the sightings of the pairs to derive anew and returns the events counted in them.
-- Writes: all_sightings. @anonymous_ids, @user_ids: the pairs.
WITH gone AS (
    DELETE FROM {{partition "stages" "all_sightings" .Month}} AS v
    USING unnest(@anonymous_ids::text[], @user_ids::text[]) AS p (anonymous_id, user_id)
    WHERE v.anonymous_id = p.anonymous_id AND v.user_id = p.user_id
    RETURNING v.server_count, v.ignored_count, v.bot_count, v.rejected_count
)
SELECT coalesce(sum(server_count), 0)::bigint, coalesce(sum(ignored_count), 0)::bigint, coalesce(sum(bot_count), 0)::bigint,
    coalesce(sum(rejected_count), 0)::bigint
FROM gone
