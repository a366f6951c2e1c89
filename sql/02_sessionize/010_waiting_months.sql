-- The months with work, and whether each is to be sessionized whole. Reads: dirty_months, dirty_pairs.
SELECT received_month, bool_or(is_whole), count(*) FILTER (WHERE NOT is_whole) AS pairs
FROM (
    SELECT received_month, true AS is_whole FROM {{ops}}.dirty_months
    UNION ALL
    SELECT received_month, false FROM {{ops}}.dirty_pairs
) AS w
GROUP BY received_month
ORDER BY received_month
