-- What to tell of each night: shared and cut devices, the identifiers of the largest identity, the persons with a user_id.
-- Reads: anonymous_ids, user_ids.
SELECT coalesce(sum(shared), 0)::bigint, coalesce(sum(cut), 0)::bigint, coalesce(max(identifiers) FILTER (WHERE is_identified), 0)::bigint,
    count(*) FILTER (WHERE is_identified)
FROM (
    SELECT alias_id, is_identified, sum(shared) AS shared, sum(cut) AS cut, sum(identifiers) AS identifiers
    FROM (
        SELECT alias_id, true AS is_identified, 0 AS shared, 0 AS cut, count(*) AS identifiers
        FROM {{aliases}}.user_ids
        GROUP BY alias_id
        UNION ALL
        SELECT alias_id, is_identified, count(*) FILTER (WHERE is_shared), count(*) FILTER (WHERE is_cut), count(*)
        FROM {{aliases}}.anonymous_ids
        GROUP BY alias_id, is_identified
    ) AS i
    GROUP BY alias_id, is_identified
) AS p
