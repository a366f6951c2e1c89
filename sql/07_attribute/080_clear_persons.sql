-- The persons published are clean, unless marked again meanwhile. Writes: dirty_persons.
DELETE FROM {{ops}}.dirty_persons AS d
USING {{aside "stages" "persons" .Run}} AS p
WHERE d.alias_id = p.alias_id AND d.is_identified = p.is_identified AND d.mark = p.mark
