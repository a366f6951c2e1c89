-- Of the visitors a channel brings first, how many sign up?
--
-- Read: persons is who was here for the first time by the channel, crawlers left out;
-- percent of them have signed up since. A channel with many persons and a small
-- percent brings readers, not customers.
--
-- Caveats: a visitor on two devices who never logs in is two persons, so the
-- percentages are too small, the more so where people read on a phone and sign up
-- elsewhere. The newest persons have had little time to sign up.
SELECT s.channel, count(*) AS persons, count(*) FILTER (WHERE p.is_signed_up) AS signups,
    round(100.0 * count(*) FILTER (WHERE p.is_signed_up) / count(*), 2) AS percent
FROM sessions.all_sessions AS s
JOIN sessions.persons AS p ON p.alias_id = s.alias_id AND p.is_identified = s.is_identified
WHERE s.session_index = 1 AND NOT p.is_bot
GROUP BY s.channel
ORDER BY persons DESC, s.channel;
