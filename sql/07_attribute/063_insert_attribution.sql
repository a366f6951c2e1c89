-- Inserts the rows of this run's persons that are new or differed. Reads: what was built aside. Writes: attribution.
INSERT INTO {{sessions}}.attribution
SELECT n.*
FROM {{aside "sessions" "attribution" .Run}} AS n
WHERE NOT EXISTS (SELECT FROM {{sessions}}.attribution AS o WHERE n.alias_id = o.alias_id AND n.is_identified = o.is_identified)
