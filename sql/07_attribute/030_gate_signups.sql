-- Signed-up persons and rows of attribution: they must be as many. Reads: signups, attribution.
SELECT (SELECT count(*) FROM {{aside "stages" "signups" .Run}}), (SELECT count(*) FROM {{aside "sessions" "attribution" .Run}})
