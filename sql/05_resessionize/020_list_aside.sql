-- The tables built aside: recognised by their names, suffix included, and by not being attached to a published table.
-- Reads: the catalog. @schemas. Flag: also those a swap has replaced.
SELECT n.nspname, c.relname
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_inherits AS i ON i.inhrelid = c.oid
LEFT JOIN pg_catalog.pg_class AS p ON p.oid = i.inhparent
WHERE n.nspname = ANY (@schemas::text[]) AND c.relkind IN ('r', 'p')
    AND (c.relname ~ '^((re_merged|persons|blogs|rewards|signups|event_values|traits|useful_sessions|touches|attribution|conversions|paths)_new_\d+|all_tracks_(\d{4}_\d{2}|before)_re_merged)$'
        {{- if .Flag}} OR c.relname ~ '^(all_tracks_(\d{4}_\d{2}|before)_signup|(useful_sessions|touches|attribution|persons|conversions|paths)_all)_old_\d+$'{{end}})
    AND (p.oid IS NULL OR p.relname ~ '^re_merged_new_\d+$')
ORDER BY p.oid IS NULL, n.nspname, c.relname
