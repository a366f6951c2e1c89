-- Deletes the rows of this run's persons that are no more or differ. Reads: what was built aside. Writes: attribution.
DELETE FROM {{sessions}}.attribution AS o
USING {{aside "stages" "persons" .Run}} AS p
WHERE p.alias_id = o.alias_id AND p.is_identified = o.is_identified
    AND NOT EXISTS (
        SELECT FROM {{aside "sessions" "attribution" .Run}} AS n
        WHERE n.alias_id = o.alias_id AND n.is_identified = o.is_identified AND ROW(n.*) IS NOT DISTINCT FROM ROW(o.*)
    )
