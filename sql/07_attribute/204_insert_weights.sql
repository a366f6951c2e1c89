-- This morning's removal effects. Writes: channel_weights. @conversions, @channels, @weights: one of each a row.
INSERT INTO {{sessions}}.channel_weights (conversion, channel, weight)
SELECT w.conversion, w.channel, w.weight
FROM unnest(@conversions::text[], @channels::text[], @weights::double precision[]) AS w (conversion, channel, weight)
