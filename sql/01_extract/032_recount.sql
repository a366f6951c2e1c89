-- What went straight in, by month: asked where it is not as many rows as the source had. Reads: app_tracks or app_identities.
-- @extract; @from, @to: received_at.
SELECT (date_trunc('month', received_at AT TIME ZONE 'UTC'))::date, 0::bigint, count(*), max(received_at),
    max(coalesce(uuid_ts, received_at)) FILTER (WHERE isfinite(coalesce(uuid_ts, received_at))), 0::bigint
FROM {{.Table}}
WHERE extract_id = @extract AND received_at >= @from AND received_at < @to
GROUP BY 1
ORDER BY 1
