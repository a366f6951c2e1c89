-- How many user_ids and anonymous_ids. Reads: forgotten_ids.
SELECT count(*) FILTER (WHERE is_user), count(*) FILTER (WHERE NOT is_user) FROM forgotten_ids
