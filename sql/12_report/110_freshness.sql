-- What was published when. Reads: freshness.
SELECT table_name, run_id, newest_event, published_at FROM {{sessions}}.freshness ORDER BY table_name
