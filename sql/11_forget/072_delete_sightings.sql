-- Deletes their sightings, and uncounts the events in them. Returns how many. Flag: those of devices, else of users.
-- Reads: forgotten_ids. Writes: all_sightings, counters.
WITH gone AS (
    DELETE FROM {{stages}}.all_sightings AS v
    USING forgotten_ids AS f
    WHERE {{if .Flag}}{{template "of_device"}}{{else}}{{template "of_user"}}{{end}}
    RETURNING v.received_month, v.server_count, v.ignored_count, v.bot_count, v.rejected_count
), uncounted AS (
    UPDATE {{ops}}.counters AS c
    SET server = c.server - g.server, ignored = c.ignored - g.ignored, bots = c.bots - g.bots, rejected = c.rejected - g.rejected
    FROM (
        SELECT received_month, sum(server_count) AS server, sum(ignored_count) AS ignored, sum(bot_count) AS bots, sum(rejected_count) AS rejected
        FROM gone
        GROUP BY 1
    ) AS g
    WHERE c.received_month = g.received_month
)
SELECT count(*) FROM gone
