-- How did the users of one account find us?
--
-- Read: every touch of the account's users up to their signup, by time, with the page
-- it led to. users are those of yours that are this one person.
--
-- Caveats: public.users stands for your own table of users, account for your column.
-- Join by aliases.user_ids, never by alias_id, which may change from one night to the
-- next. Two of your users that an alias call joined are one person, listed once.
WITH account AS (
    SELECT i.alias_id, string_agg(u.id, ', ' ORDER BY u.id) AS users
    FROM public.users AS u
    JOIN aliases.user_ids AS i ON i.user_id = u.id
    WHERE u.account = 'acme'
    GROUP BY i.alias_id
)
SELECT account.users, t.position, t.touched_at AT TIME ZONE 'UTC' AS touched_at, t.channel, t.source, t.campaign, t.landing_page
FROM account
JOIN sessions.touches AS t ON t.alias_id = account.alias_id AND t.is_identified
WHERE t.is_before_signup IS NOT FALSE
ORDER BY t.touched_at, account.users, t.position;
