-- A person's events that are in no session: of back ends, ignored by name, and of crawlers left out. Reads: all_sightings.
-- @user_ids, @anonymous_ids: whose events are the person's.
SELECT coalesce(sum(s.server_count), 0)::bigint, coalesce(sum(s.ignored_count), 0)::bigint, coalesce(sum(s.bot_count), 0)::bigint
FROM {{stages}}.all_sightings AS s
WHERE s.user_id = ANY (@user_ids::text[]) OR s.user_id = '' AND s.anonymous_id = ANY (@anonymous_ids::text[])
