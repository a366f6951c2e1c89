-- Where all events went. Reads: counters, rejected_rows, duplicate_rows, attribution.
SELECT coalesce(sum(taken_in), 0)::bigint, coalesce(sum(in_visits), 0)::bigint, coalesce(sum(server), 0)::bigint,
    coalesce(sum(ignored), 0)::bigint, coalesce(sum(bots), 0)::bigint, coalesce(sum(rejected), 0)::bigint,
    (SELECT count(*) FROM {{ops}}.rejected_rows), (SELECT count(*) FROM {{ops}}.duplicate_rows),
    (SELECT count(*) FROM {{sessions}}.attribution), min(received_month), max(received_month)
FROM {{ops}}.counters
