-- How many visits those persons have, in how many months. Reads: all_tracks, user_ids, anonymous_ids.
-- @alias_ids, @are_identified: the persons.
WITH persons AS (
    SELECT p.alias_id COLLATE "C" AS alias_id, p.is_identified
    FROM unnest(@alias_ids::text[], @are_identified::boolean[]) AS p (alias_id, is_identified)
), visits AS (
    SELECT t.received_month
    FROM persons AS p
    JOIN {{aliases}}.user_ids AS u ON u.alias_id = p.alias_id
    JOIN {{stages}}.all_tracks AS t ON t.user_id = u.user_id
    WHERE p.is_identified
    UNION ALL
    SELECT t.received_month
    FROM persons AS p
    JOIN {{aliases}}.anonymous_ids AS a ON a.alias_id = p.alias_id AND a.is_identified
    JOIN {{stages}}.all_tracks AS t ON t.user_id = '' AND t.anonymous_id = a.anonymous_id
    WHERE p.is_identified
    UNION ALL
    SELECT t.received_month
    FROM persons AS p
    JOIN {{stages}}.all_tracks AS t ON t.user_id = '' AND t.anonymous_id = p.alias_id
    WHERE NOT p.is_identified
)
SELECT count(*), count(DISTINCT received_month) FROM visits
