-- How many of these months are to be sessionized whole: their pairs need not be put down. Reads: dirty_months. @months.
SELECT count(*) FROM {{ops}}.dirty_months WHERE received_month = ANY(@months::date[])
