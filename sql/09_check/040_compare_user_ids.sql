-- The set difference of aliases.user_ids and the reference's, both directions, as in 030_compare_rows.sql: sampled are
-- user_ids of a sampled person on either side. Flag: instead the first few that differ.
-- Reads: user_ids, ours and the reference's. @sample_one_in; Flag: @limit.
WITH compared AS (
    SELECT
        coalesce(o.user_id, r.user_id) COLLATE "C" AS user_id,
        o.alias_id AS ours, r.alias_id AS theirs,
        CASE
            WHEN o.user_id IS NULL THEN 'missing'
            WHEN r.user_id IS NULL THEN 'extra'
            WHEN o.alias_id COLLATE "C" <> r.alias_id COLLATE "C" THEN 'differing'
            ELSE 'same'
        END AS verdict
    FROM {{aliases}}.user_ids AS o
    FULL JOIN {{.Other}} AS r ON r.user_id COLLATE "C" = o.user_id
    WHERE hashtextextended(o.alias_id, 0) % @sample_one_in = 0 OR hashtextextended(r.alias_id, 0) % @sample_one_in = 0
)
{{- if .Flag}}
SELECT user_id, true, verdict, '', format('it belongs to %s, by the reference to %s', coalesce('user:' || ours, 'nobody'), coalesce('user:' || theirs, 'nobody'))
FROM compared
WHERE verdict <> 'same'
ORDER BY user_id
LIMIT @limit
{{- else}}
SELECT count(*) FILTER (WHERE verdict = 'same'), count(*) FILTER (WHERE verdict = 'missing'),
    count(*) FILTER (WHERE verdict = 'extra'), count(*) FILTER (WHERE verdict = 'differing')
FROM compared
{{- end}}
