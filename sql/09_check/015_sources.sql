-- The sources taken in so far, for when none is configured. Reads: high_water_marks.
SELECT DISTINCT source FROM {{ops}}.high_water_marks ORDER BY source
