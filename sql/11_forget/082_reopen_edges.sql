-- What is left of the edges of shared devices is made anew by stage 3, which so decides anew whose they are.
-- Reads: shared_devices. Writes: edges, dirty_edges.
WITH open AS (
    DELETE FROM {{aliases}}.edges AS e
    USING shared_devices AS d
    WHERE e.anonymous_id = d.anonymous_id
    RETURNING e.anonymous_id, e.user_id, e.is_alias
)
INSERT INTO {{ops}}.dirty_edges (anonymous_id, user_id, is_alias, rebuild)
SELECT anonymous_id, user_id, is_alias, true FROM open
