-- Months whose events are not all accounted for though no work waits there. Reads: counters, dirty_months, dirty_pairs.
SELECT received_month, taken_in, in_visits, server, ignored, bots, rejected
FROM {{ops}}.counters AS c
WHERE taken_in <> in_visits + server + ignored + bots + rejected
    AND NOT EXISTS (SELECT FROM {{ops}}.dirty_months AS d WHERE d.received_month = c.received_month)
    AND NOT EXISTS (SELECT FROM {{ops}}.dirty_pairs AS d WHERE d.received_month = c.received_month)
ORDER BY 1
