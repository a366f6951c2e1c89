-- Deletes their visits, and uncounts the events in them. Returns how many. Flag: those of devices, else of users.
-- Reads: forgotten_ids. Writes: all_tracks, counters.
WITH gone AS (
    DELETE FROM {{stages}}.all_tracks AS v
    USING forgotten_ids AS f
    WHERE {{if .Flag}}{{template "of_device"}}{{else}}{{template "of_user"}}{{end}}
    RETURNING v.received_month, v.event_count
), uncounted AS (
    UPDATE {{ops}}.counters AS c
    SET in_visits = c.in_visits - g.events
    FROM (SELECT received_month, sum(event_count) AS events FROM gone GROUP BY 1) AS g
    WHERE c.received_month = g.received_month
)
SELECT count(*) FROM gone
