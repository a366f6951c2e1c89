-- A person's signup is its first event named so. Reads: rewards. Writes: signups. @signup: the conversion's name.
INSERT INTO {{aside "stages" "signups" .Run}} (alias_id, is_identified, signup_timestamp)
SELECT alias_id, is_identified, converted_at
FROM {{aside "stages" "rewards" .Run}}
WHERE conversion = @signup AND number = 1
