-- Takes the remaining rows in. Reads: incoming. Writes: app_tracks or app_identities. @source, @kind, @extract.
INSERT INTO {{.Table}} (source, kind, {{template "columns" .}}, extract_id)
SELECT @source::text, @kind::smallint, {{template "columns" .}}, @extract::bigint
FROM incoming
