-- Currencies that amounts are in and no rate is known of. Reads: channel_performance. @currency: the reporting currency.
SELECT DISTINCT currency FROM {{sessions}}.channel_performance WHERE currency <> @currency ORDER BY 1 LIMIT 10
