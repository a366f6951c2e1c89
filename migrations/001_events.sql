-- The events and identities taken in, monthly by received_at (stage 1).

CREATE SCHEMA IF NOT EXISTS {{.segment}};
CREATE SCHEMA IF NOT EXISTS {{.stages}};
CREATE SCHEMA IF NOT EXISTS {{.sessions}};
CREATE SCHEMA IF NOT EXISTS {{.aliases}};

CREATE TABLE {{.segment}}.app_tracks (
    source                   text COLLATE "C" NOT NULL,
    kind                     smallint NOT NULL,
    id                       text COLLATE "C" NOT NULL,
    received_at              timestamptz NOT NULL,
    uuid_ts                  timestamptz,
    "timestamp"              timestamptz,
    anonymous_id             text COLLATE "C" NOT NULL,
    user_id                  text COLLATE "C" NOT NULL,
    event                    text,
    event_text               text,
    context_page_url         text,
    url                      text,
    context_page_referrer    text,
    referrer                 text,
    context_campaign_source  text,
    context_campaign_medium  text,
    context_campaign_name    text,
    context_campaign_term    text,
    context_campaign_content text,
    extract_id               bigint NOT NULL
) PARTITION BY RANGE (received_at);
-- Only equality is asked of ids: a hash index takes 36 to 55 bytes a row where a btree takes
-- 70 to 90 for UUIDs, and random ones go in a quarter faster.
CREATE INDEX ON {{.segment}}.app_tracks USING hash (id);
-- Rows lie table by table in the order they were received: for both questions, what came by an
-- extraction and what was received between two times, a few bytes a megabyte say where to look.
CREATE INDEX ON {{.segment}}.app_tracks USING brin (extract_id, received_at);
COMMENT ON TABLE {{.segment}}.app_tracks IS 'Events (rows of tracks, pages and screens) taken in from every source, one row a distinct (source, kind, id), monthly partitions by received_at in UTC. Columns beyond these are those named in extract.extra_columns and every context_campaign_* of the sources.';
COMMENT ON COLUMN {{.segment}}.app_tracks.source IS 'Postgres schema of the Segment source the row came from.';
COMMENT ON COLUMN {{.segment}}.app_tracks.kind IS 'Segment call: 1 page, 2 screen, 3 track. The number is part of the order of events.';
COMMENT ON COLUMN {{.segment}}.app_tracks.id IS 'Segment''s messageId; made up as md5:<md5 of the row>:<n> where the source has none.';
COMMENT ON COLUMN {{.segment}}.app_tracks.received_at IS 'When Segment received the call. Partition key.';
COMMENT ON COLUMN {{.segment}}.app_tracks.uuid_ts IS 'When Segment''s loader last wrote the row; NULL where the source has no such column.';
COMMENT ON COLUMN {{.segment}}.app_tracks."timestamp" IS 'Segment''s corrected client time, as sent; the event time is this unless it cannot be believed.';
COMMENT ON COLUMN {{.segment}}.app_tracks.anonymous_id IS 'Device identifier, trimmed; empty when absent.';
COMMENT ON COLUMN {{.segment}}.app_tracks.user_id IS 'User identifier, trimmed; empty when absent.';
COMMENT ON COLUMN {{.segment}}.app_tracks.event IS 'Slug of the event''s name (tracks).';
COMMENT ON COLUMN {{.segment}}.app_tracks.event_text IS 'The event''s name as sent (tracks).';
COMMENT ON COLUMN {{.segment}}.app_tracks.context_page_url IS 'URL of the page the call was made on.';
COMMENT ON COLUMN {{.segment}}.app_tracks.url IS 'URL of a page call''s own properties (pages).';
COMMENT ON COLUMN {{.segment}}.app_tracks.context_page_referrer IS 'Referrer of the page the call was made on.';
COMMENT ON COLUMN {{.segment}}.app_tracks.referrer IS 'Referrer of a page call''s own properties (pages).';
COMMENT ON COLUMN {{.segment}}.app_tracks.context_campaign_source IS 'utm_source as Segment parsed it.';
COMMENT ON COLUMN {{.segment}}.app_tracks.context_campaign_medium IS 'utm_medium as Segment parsed it.';
COMMENT ON COLUMN {{.segment}}.app_tracks.context_campaign_name IS 'utm_campaign as Segment parsed it.';
COMMENT ON COLUMN {{.segment}}.app_tracks.context_campaign_term IS 'utm_term as Segment parsed it.';
COMMENT ON COLUMN {{.segment}}.app_tracks.context_campaign_content IS 'utm_content as Segment parsed it.';
COMMENT ON COLUMN {{.segment}}.app_tracks.extract_id IS 'The extraction (one transaction of stage 1) that took the row in.';

CREATE TABLE {{.segment}}.app_identities (
    source       text COLLATE "C" NOT NULL,
    kind         smallint NOT NULL,
    id           text COLLATE "C" NOT NULL,
    received_at  timestamptz NOT NULL,
    uuid_ts      timestamptz,
    "timestamp"  timestamptz,
    anonymous_id text COLLATE "C" NOT NULL,
    user_id      text COLLATE "C" NOT NULL,
    previous_id  text COLLATE "C" NOT NULL,
    extract_id   bigint NOT NULL
) PARTITION BY RANGE (received_at);
CREATE INDEX ON {{.segment}}.app_identities USING hash (id);
CREATE INDEX ON {{.segment}}.app_identities USING brin (extract_id);
CREATE INDEX ON {{.segment}}.app_identities (user_id, anonymous_id); -- whose traits a night looks up
CREATE INDEX ON {{.segment}}.app_identities (anonymous_id);
COMMENT ON TABLE {{.segment}}.app_identities IS 'identifies and aliases rows taken in from every source: identity, not activity. Monthly partitions by received_at in UTC.';
COMMENT ON COLUMN {{.segment}}.app_identities.source IS 'Postgres schema of the Segment source the row came from.';
COMMENT ON COLUMN {{.segment}}.app_identities.kind IS 'Segment call: 4 identify, 5 alias.';
COMMENT ON COLUMN {{.segment}}.app_identities.id IS 'Segment''s messageId; made up where the source has none.';
COMMENT ON COLUMN {{.segment}}.app_identities.received_at IS 'When Segment received the call. Partition key.';
COMMENT ON COLUMN {{.segment}}.app_identities.uuid_ts IS 'When Segment''s loader last wrote the row; NULL where the source has no such column.';
COMMENT ON COLUMN {{.segment}}.app_identities."timestamp" IS 'Segment''s corrected client time, as sent.';
COMMENT ON COLUMN {{.segment}}.app_identities.anonymous_id IS 'Device identifier, trimmed; empty when absent.';
COMMENT ON COLUMN {{.segment}}.app_identities.user_id IS 'User identifier, trimmed; empty when absent.';
COMMENT ON COLUMN {{.segment}}.app_identities.previous_id IS 'The identifier an alias call replaces, trimmed; empty on identifies.';
COMMENT ON COLUMN {{.segment}}.app_identities.extract_id IS 'The extraction (one transaction of stage 1) that took the row in.';
