-- The rows taken in against those the reference finds at the sources, by source and kind, sampled by id: in both, ours
-- alone (gone from the source), the source's alone (never taken in). Reads: app_tracks, app_identities; and the
-- reference's all_rows. @sample_one_in.
SELECT coalesce(o.source, r.source) COLLATE "C", coalesce(o.kind, r.kind),
    count(*) FILTER (WHERE o.id IS NOT NULL AND r.id IS NOT NULL),
    count(*) FILTER (WHERE r.id IS NULL),
    count(*) FILTER (WHERE o.id IS NULL)
FROM (
    SELECT source, kind, id, received_at FROM {{segment}}.app_tracks WHERE hashtextextended(id, 0) % @sample_one_in = 0
    UNION ALL
    SELECT source, kind, id, received_at FROM {{segment}}.app_identities WHERE hashtextextended(id, 0) % @sample_one_in = 0
) AS o
FULL JOIN (
    SELECT source, kind, id, received_at FROM {{.Other}} WHERE hashtextextended(id, 0) % @sample_one_in = 0
) AS r ON r.source COLLATE "C" = o.source COLLATE "C" AND r.kind = o.kind AND r.id COLLATE "C" = o.id COLLATE "C" AND r.received_at = o.received_at
GROUP BY 1, 2
ORDER BY 1, 2
