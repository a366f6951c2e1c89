-- The conversions of this run's persons, person by person. Reads: rewards.
SELECT alias_id, is_identified, conversion, number, converted_at
FROM {{aside "stages" "rewards" .Run}}
ORDER BY alias_id, is_identified, conversion, number
