-- Rows received in the period: events taken in, of whole months alone, rejected rows, and copies.
-- Reads: counters, rejected_rows, duplicate_rows. @from, @until: the period, half-open.
SELECT (SELECT coalesce(sum(taken_in), 0)::bigint FROM {{ops}}.counters
        WHERE received_month >= date_trunc('month', @from::timestamptz)::date AND received_month < (@until::timestamptz)::date),
    (SELECT count(*) FROM {{ops}}.rejected_rows WHERE received_at >= @from AND received_at < @until),
    (SELECT count(*) FROM {{ops}}.duplicate_rows WHERE received_at >= @from AND received_at < @until)
