-- Deletes the visits of the pairs to derive anew and returns how many events were in them.
-- Writes: all_tracks. @anonymous_ids, @user_ids: the pairs.
WITH gone AS (
    DELETE FROM {{partition "stages" "all_tracks" .Month}} AS v
    USING unnest(@anonymous_ids::text[], @user_ids::text[]) AS p (anonymous_id, user_id)
    WHERE v.anonymous_id = p.anonymous_id AND v.user_id = p.user_id
    RETURNING v.event_count
)
SELECT coalesce(sum(event_count), 0)::bigint FROM gone
