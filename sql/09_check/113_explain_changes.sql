-- What the journal has of a person: identifiers that came to it, left it, or are its own. Reads: changes.
-- @alias_id, @is_identified; @user_ids, @anonymous_ids: its identifiers.
SELECT run_id, recorded_at, is_user, identifier, old_alias_id, coalesce(old_is_identified, false), new_alias_id, coalesce(new_is_identified, false)
FROM {{aliases}}.changes
WHERE old_alias_id = @alias_id AND old_is_identified = @is_identified
    OR new_alias_id = @alias_id AND new_is_identified = @is_identified
    OR is_user AND identifier = ANY (@user_ids::text[])
    OR NOT is_user AND identifier = ANY (@anonymous_ids::text[])
ORDER BY recorded_at, run_id, is_user DESC, identifier
