-- Deletes the rows of this run's persons that are no more or differ. Other: what was built aside. Extra: the key beside the
-- person. Reads: what was built aside. Writes: the published table.
DELETE FROM {{.Table}} AS o
USING {{aside "stages" "persons" .Run}} AS p
WHERE p.alias_id = o.alias_id AND p.is_identified = o.is_identified
    AND NOT EXISTS (
        SELECT FROM {{.Other}} AS n
        WHERE n.alias_id = o.alias_id AND n.is_identified = o.is_identified{{range .Extra}} AND n.{{.}} = o.{{.}}{{end}}
            AND ROW(n.*) IS NOT DISTINCT FROM ROW(o.*)
    )
