-- Whether a table has rows of a day. Reads: the table. Extra: its column of time. @day: its beginning.
SELECT EXISTS (
    SELECT FROM {{.Table}}
    WHERE {{index .Extra 0}} >= @day::timestamptz AND {{index .Extra 0}} < @day::timestamptz + interval '1 day'
)
