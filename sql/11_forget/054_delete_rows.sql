-- Deletes the rows of one month. Reads: forgotten_rows. Writes: app_tracks or app_identities.
DELETE FROM {{.Table}} AS t
USING forgotten_rows AS r
WHERE r.identities = {{.Identities}} AND t.id = r.id AND t.source = r.source AND t.kind = r.kind AND t.received_at = r.received_at
