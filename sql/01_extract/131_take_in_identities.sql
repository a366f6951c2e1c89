-- Takes the remaining rows in. Reads: incoming. Writes: app_identities. @source, @kind, @extract.
INSERT INTO {{segment}}.app_identities (source, kind, id, received_at, uuid_ts, "timestamp", anonymous_id, user_id, previous_id, extract_id)
SELECT @source::text, @kind::smallint, id, received_at, uuid_ts, "timestamp", anonymous_id, user_id, previous_id, @extract::bigint
FROM incoming
