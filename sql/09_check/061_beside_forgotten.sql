-- The user_ids on rows of forgotten devices at the source, for 060. Reads: the source, forgotten.
-- @as_of, @spaces, @inner_pad, @outer_pad: as there.
SELECT DISTINCT r.user_id
FROM {{template "loaded" .}} AND r.user_id <> '' AND {{template "of_forgotten_device" .}}
