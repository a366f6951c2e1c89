-- Who earns each conversion of a person, by every model in its order. The person's alone are read of paths, and shared out
-- as credits does. Reads: conversions, credits. @alias_id, @is_identified; @models: their order.
SELECT c.conversion, c.number, c.converted_at, c.session_count, c.value::text, c.currency, r.model, r.position, r.touch_position, r.touched_at,
    coalesce(r.source, ''), coalesce(r.medium, ''), coalesce(r.channel, ''), r.credit
FROM {{sessions}}.conversions AS c
JOIN {{sessions}}.credits AS r USING (alias_id, is_identified, conversion, number)
WHERE c.alias_id = @alias_id AND c.is_identified = @is_identified AND r.alias_id = @alias_id AND r.is_identified = @is_identified
ORDER BY c.converted_at, c.conversion, c.number, array_position(@models::text[], r.model), r.position
