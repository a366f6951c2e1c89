-- The same for aliases.anonymous_ids. One that is a person of its own may be absent in ours: the reference lists those
-- without an edge too. Flag: instead the first few that differ.
-- Reads: anonymous_ids, ours and the reference's. @sample_one_in; Flag: @limit.
WITH compared AS (
    SELECT
        coalesce(o.anonymous_id, r.anonymous_id) COLLATE "C" AS anonymous_id,
        o.alias_id AS ours, o.is_identified AS ours_identified, r.alias_id AS theirs, r.is_identified AS theirs_identified,
        o.is_shared IS DISTINCT FROM r.is_shared AS shared_differs,
        CASE
            WHEN o.anonymous_id IS NULL THEN CASE WHEN r.is_identified OR r.is_shared THEN 'missing' ELSE 'same' END
            WHEN r.anonymous_id IS NULL THEN 'extra'
            WHEN o.alias_id COLLATE "C" <> r.alias_id COLLATE "C" OR o.is_identified <> r.is_identified OR o.is_shared <> r.is_shared THEN 'differing'
            ELSE 'same'
        END AS verdict
    FROM {{aliases}}.anonymous_ids AS o
    FULL JOIN {{.Other}} AS r ON r.anonymous_id COLLATE "C" = o.anonymous_id
    WHERE hashtextextended(o.alias_id, 0) % @sample_one_in = 0 OR hashtextextended(r.alias_id, 0) % @sample_one_in = 0
)
{{- if .Flag}}
SELECT anonymous_id, false, verdict, '', format('it belongs to %s, by the reference to %s%s',
    coalesce(CASE WHEN ours_identified THEN 'user:' ELSE 'anon:' END || ours, 'nobody'),
    coalesce(CASE WHEN theirs_identified THEN 'user:' ELSE 'anon:' END || theirs, 'nobody'),
    CASE WHEN shared_differs AND verdict = 'differing' THEN '; is_shared differs' ELSE '' END)
FROM compared
WHERE verdict <> 'same'
ORDER BY anonymous_id
LIMIT @limit
{{- else}}
SELECT count(*) FILTER (WHERE verdict = 'same'), count(*) FILTER (WHERE verdict = 'missing'),
    count(*) FILTER (WHERE verdict = 'extra'), count(*) FILTER (WHERE verdict = 'differing')
FROM compared
{{- end}}
