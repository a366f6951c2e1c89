-- How many rows of a window are not taken in yet. Reads: the source, app_tracks or app_identities. @source, @kind; @from, @to: as in the window; @spaces.
SELECT count(*)
FROM {{.Source}} AS t
WHERE ({{template "window" .}})
    AND NOT EXISTS (
        SELECT FROM {{.Table}} AS e
        WHERE e.id = coalesce(btrim(t.id::text, @spaces), '') AND e.source = @source AND e.kind = @kind::smallint
    )
