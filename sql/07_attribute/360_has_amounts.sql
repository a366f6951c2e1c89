-- Whether there are amounts of an earlier run. Reads: spend, revenue.
SELECT EXISTS (SELECT FROM {{sessions}}.spend) OR EXISTS (SELECT FROM {{sessions}}.revenue)
