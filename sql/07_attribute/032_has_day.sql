-- Rows of a table of a day, as far as @most. Reads: the table. Extra: its column of time. @day: its beginning.
SELECT count(*)
FROM (
    SELECT FROM {{.Table}}
    WHERE {{index .Extra 0}} >= @day::timestamptz AND {{index .Extra 0}} < @day::timestamptz + interval '1 day'
    LIMIT @most
) AS d
