-- Inserts the rows of this run's persons that are new or differed. Reads: what was built aside. Writes: useful_sessions.
INSERT INTO {{sessions}}.useful_sessions
SELECT n.*
FROM {{aside "sessions" "useful_sessions" .Run}} AS n
WHERE NOT EXISTS (SELECT FROM {{sessions}}.useful_sessions AS o WHERE n.alias_id = o.alias_id AND n.is_identified = o.is_identified AND n.kind = o.kind)
