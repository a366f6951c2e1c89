-- Purpose: the linked identifiers, each as yet a component of its own.
-- Reads:   links.
-- Writes:  components.
-- Parameters: none.
CREATE UNLOGGED TABLE {{.Schema}}.components AS
SELECT one AS node, one AS component
FROM {{.Schema}}.links
UNION
SELECT other, other
FROM {{.Schema}}.links
