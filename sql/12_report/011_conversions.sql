-- The names of the conversions there are. Reads: conversions.
SELECT DISTINCT conversion FROM {{sessions}}.conversions ORDER BY conversion
