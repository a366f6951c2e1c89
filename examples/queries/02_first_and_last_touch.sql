-- First against last touch: what brings people, and what brings them back to sign up?
--
-- Read: of the signups that began with first_channel, percent ended with last_channel.
-- A first channel whose signups mostly end elsewhere opens doors that a last-touch
-- report does not see.
--
-- Caveats: a person with one touch has it as both. Direct as the last touch is often
-- somebody who had decided before: see 09.
SELECT first_touch_channel AS first_channel, last_touch_channel AS last_channel, count(*) AS signups,
    round(100.0 * count(*) / sum(count(*)) OVER (PARTITION BY first_touch_channel), 1) AS percent
FROM sessions.attribution
WHERE first_touch_timestamp IS NOT NULL
GROUP BY first_touch_channel, last_touch_channel
ORDER BY first_touch_channel, signups DESC, last_touch_channel;
