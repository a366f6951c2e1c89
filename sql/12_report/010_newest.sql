-- Until when events are published. Reads: freshness.
SELECT max(newest_event) FROM {{sessions}}.freshness
