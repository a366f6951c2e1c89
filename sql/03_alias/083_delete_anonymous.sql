-- Deletes the anonymous_ids of the graph that are not as they were. Writes: anonymous_ids.
DELETE FROM {{aliases}}.anonymous_ids AS o
USING graph_anonymous AS g
WHERE o.anonymous_id = g.anonymous_id
    AND NOT EXISTS (
        SELECT FROM resolved_anonymous AS n
        WHERE (n.anonymous_id, n.alias_id, n.is_identified, n.is_shared, n.is_cut, n.person_count)
            = (o.anonymous_id, o.alias_id, o.is_identified, o.is_shared, o.is_cut, o.person_count)
    )
