-- Keeps the keyed hash of each identifier. Reads: forgotten_ids. Writes: forgotten. @inner_pad, @outer_pad: as in 01_extract/041.
INSERT INTO {{ops}}.forgotten (is_user, digest)
SELECT f.is_user, {{template "digest" "f.identifier"}} FROM forgotten_ids AS f
ON CONFLICT DO NOTHING
