-- The rows of a source table that were taken in, were copies, and were rejected by stage 1.
-- Reads: app_tracks, app_identities, duplicate_rows, rejected_rows. @source, @kind.
SELECT
    (SELECT count(*) FROM {{segment}}.app_tracks WHERE source = @source AND kind = @kind::smallint)
        + (SELECT count(*) FROM {{segment}}.app_identities WHERE source = @source AND kind = @kind::smallint),
    (SELECT count(*) FROM {{ops}}.duplicate_rows WHERE source = @source AND kind = @kind::smallint),
    (SELECT count(*) FROM {{ops}}.rejected_rows WHERE source = @source AND kind = @kind::smallint AND stage = 'extract')
