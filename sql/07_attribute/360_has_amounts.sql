-- Whether there are amounts of an earlier run. Reads: spend, revenue, channel_performance.
SELECT EXISTS (SELECT FROM {{sessions}}.spend) OR EXISTS (SELECT FROM {{sessions}}.revenue) OR EXISTS (SELECT FROM {{sessions}}.channel_performance)
