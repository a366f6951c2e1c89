-- When an identifier was forgotten, as a user_id and as an anonymous_id; NULL: it was not.
-- Reads: forgotten. @id; @inner_pad, @outer_pad: as in 01_extract/041.
SELECT min(forgotten_at) FILTER (WHERE is_user), min(forgotten_at) FILTER (WHERE NOT is_user)
FROM {{ops}}.forgotten
WHERE digest = {{template "digest" "@id::text"}}
