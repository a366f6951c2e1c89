-- Inserts the rows of this run's persons that are new or differed. Reads: what was built aside. Writes: touches.
INSERT INTO {{sessions}}.touches
SELECT n.*
FROM {{aside "sessions" "touches" .Run}} AS n
WHERE NOT EXISTS (SELECT FROM {{sessions}}.touches AS o WHERE n.alias_id = o.alias_id AND n.is_identified = o.is_identified AND n.position = o.position)
