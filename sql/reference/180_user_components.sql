-- Purpose: the component each linked user ends in: that of its alias joins alone
--          where the component was cut.
-- Reads:   components, cut_components, alias_components.
-- Writes:  user_components.
-- Parameters: none.
CREATE UNLOGGED TABLE {{.Schema}}.user_components AS
SELECT
    substr(c.node, 2) COLLATE "C" AS user_id,
    CASE
        WHEN cut.component IS NULL THEN c.component
        ELSE 'cut:' || coalesce(joined.component, substr(c.node, 2))
    END COLLATE "C" AS component
FROM {{.Schema}}.components AS c
LEFT JOIN {{.Schema}}.cut_components AS cut ON cut.component = c.component
LEFT JOIN {{.Schema}}.alias_components AS joined ON joined.user_id = substr(c.node, 2)
WHERE c.node LIKE 'u%'
