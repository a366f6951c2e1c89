-- Inserts the rows of this run's persons that are new or differed. Other: what was built aside. Extra: the key beside the
-- person. Reads: what was built aside. Writes: the published table.
INSERT INTO {{.Table}}
SELECT n.*
FROM {{.Other}} AS n
WHERE NOT EXISTS (
    SELECT FROM {{.Table}} AS o
    WHERE n.alias_id = o.alias_id AND n.is_identified = o.is_identified{{range .Extra}} AND n.{{.}} = o.{{.}}{{end}}
)
