-- Whether any row of a source table received from a time on was taken in. Reads: app_tracks or app_identities.
-- @source, @kind; @from.
SELECT EXISTS (SELECT FROM {{.Table}} WHERE source = @source AND kind = @kind::smallint AND received_at >= @from)
