-- Purpose: the components with more identifiers than max_component_size. They lose
--          their anonymous_id edges and keep their alias joins (policy merge only).
-- Reads:   components, settings.
-- Writes:  cut_components.
-- Parameters: none.
CREATE UNLOGGED TABLE {{.Schema}}.cut_components AS
SELECT c.component
FROM {{.Schema}}.components AS c
CROSS JOIN {{.Schema}}.settings AS s
WHERE s.policy = 'merge'
GROUP BY c.component, s.max_component_size
HAVING count(*) > s.max_component_size
