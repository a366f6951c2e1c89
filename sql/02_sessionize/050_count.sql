-- Counts where the month's events went. Writes: counters. Full: from zero, else added.
-- @month; @in_visits, @server, @ignored, @bots, @rejected: events.
INSERT INTO {{ops}}.counters AS c (received_month, in_visits, server, ignored, bots, rejected)
VALUES (@month, @in_visits, @server, @ignored, @bots, @rejected)
ON CONFLICT (received_month) DO UPDATE SET
    in_visits = {{if not .Full}}c.in_visits + {{end}}excluded.in_visits,
    server = {{if not .Full}}c.server + {{end}}excluded.server,
    ignored = {{if not .Full}}c.ignored + {{end}}excluded.ignored,
    bots = {{if not .Full}}c.bots + {{end}}excluded.bots,
    rejected = {{if not .Full}}c.rejected + {{end}}excluded.rejected
