-- The published touches of a person. Reads: touches. @alias_id, @is_identified.
SELECT position, session_id, touched_at, coalesce(source, ''), coalesce(medium, ''), coalesce(campaign, ''), coalesce(term, ''),
    coalesce(content, ''), coalesce(referrer, ''), coalesce(landing_page, ''), coalesce(click_id, ''), channel, is_paid
FROM {{sessions}}.touches
WHERE alias_id = @alias_id AND is_identified = @is_identified
ORDER BY position
