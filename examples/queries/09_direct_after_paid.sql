-- How much of Direct had come by an ad before?
--
-- Read: of the signups whose last touch was direct, percent_paid_before had a paid
-- touch earlier, and percent_other_before another touch that was not direct. Only
-- direct_only is people of whom nothing else is known.
--
-- Caveats: direct is what is left where nothing says more: bookmarks, but also links
-- in apps and mails without tags. direct_only may have come otherwise on a device that
-- never logged in.
WITH direct AS (
    SELECT a.first_attributed_touch_timestamp IS NOT NULL AS paid_before,
        EXISTS (
            SELECT FROM sessions.touches AS t
            WHERE t.alias_id = a.alias_id AND t.is_identified = a.is_identified AND t.is_before_signup AND t.channel <> 'Direct'
        ) AS other_before
    FROM sessions.attribution AS a
    WHERE a.last_touch_channel = 'Direct'
)
SELECT count(*) AS direct_signups, count(*) FILTER (WHERE paid_before) AS paid_before,
    count(*) FILTER (WHERE other_before AND NOT paid_before) AS other_before, count(*) FILTER (WHERE NOT other_before AND NOT paid_before) AS direct_only,
    round(100.0 * count(*) FILTER (WHERE paid_before) / nullif(count(*), 0), 1) AS percent_paid_before,
    round(100.0 * count(*) FILTER (WHERE other_before AND NOT paid_before) / nullif(count(*), 0), 1) AS percent_other_before
FROM direct;
