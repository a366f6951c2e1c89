-- The first session of every signed-up person that has one, and the signup session. Reads: signups, re_merged. Writes: useful_sessions.
INSERT INTO {{aside "sessions" "useful_sessions" .Run}} (alias_id, is_identified, kind, session_id, session_index, started_at, ended_at,
    event_count, page_count, entry_page, exit_page, entry_referrer, source, medium, campaign, term, content, channel, is_paid)
SELECT s.alias_id, s.is_identified, k.kind, s.session_id, s.session_index, s.started_at, s.ended_at,
    s.event_count, s.page_count, s.entry_page, s.exit_page, s.entry_referrer, s.source, s.medium, s.campaign, s.term, s.content, s.channel, s.is_paid
FROM {{aside "stages" "signups" .Run}} AS g
JOIN {{aside "stages" "re_merged" .Run}} AS s ON s.alias_id = g.alias_id AND s.is_identified = g.is_identified
JOIN (VALUES ('first'), ('signup')) AS k (kind)
    ON k.kind = 'first' AND s.session_index = 1 OR k.kind = 'signup' AND s.is_signup_session
