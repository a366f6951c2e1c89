-- Events of crawlers, by their user agent: judged by stage 1, counted by stage 2.

ALTER TABLE {{.segment}}.app_tracks ADD COLUMN is_bot boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN {{.segment}}.app_tracks.is_bot IS 'A crawler sent it, by its user agent and the list of the time it was taken in; false where the source has no context_user_agent.';

ALTER TABLE {{.stages}}.all_tracks ADD COLUMN bot_count integer NOT NULL DEFAULT 0;
COMMENT ON COLUMN {{.stages}}.all_tracks.bot_count IS 'Events of crawlers among them; 0 with bots: exclude.';

ALTER TABLE {{.stages}}.all_sightings ADD COLUMN bot_count integer NOT NULL DEFAULT 0;
COMMENT ON COLUMN {{.stages}}.all_sightings.bot_count IS 'Events of crawlers, which bots: exclude leaves out.';

ALTER TABLE {{.ops}}.counters ADD COLUMN bots bigint NOT NULL DEFAULT 0;
COMMENT ON TABLE {{.ops}}.counters IS 'Where the events of each month went, kept in the transactions that did the work: taken_in = in_visits + server + ignored + bots + rejected once no work waits.';
COMMENT ON COLUMN {{.ops}}.counters.bots IS 'Events of crawlers, which bots: exclude leaves out.';
