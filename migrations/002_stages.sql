-- What stages 2 to 4 keep: visits, conversions, sightings, identity.

CREATE TABLE {{.stages}}.all_tracks (
    received_month date NOT NULL,
    anonymous_id   text COLLATE "C" NOT NULL,
    user_id        text COLLATE "C" NOT NULL,
    started_at     timestamptz NOT NULL,
    ended_at       timestamptz NOT NULL,
    event_count    integer NOT NULL,
    page_count     integer NOT NULL,
    marks          bytea NOT NULL
) PARTITION BY RANGE (received_month);
CREATE INDEX ON {{.stages}}.all_tracks (user_id, anonymous_id);
COMMENT ON TABLE {{.stages}}.all_tracks IS 'Visits: mergeable runs of one (anonymous_id, user_id) pair''s events received in one month, no gap over session_gap. One session may be several visits, also within a month: they are merged by stage 5. Partitioned like app_tracks.';
COMMENT ON COLUMN {{.stages}}.all_tracks.received_month IS 'First day of the UTC month the events were received in. Partition key.';
COMMENT ON COLUMN {{.stages}}.all_tracks.anonymous_id IS 'Device identifier; empty when absent or blocked.';
COMMENT ON COLUMN {{.stages}}.all_tracks.user_id IS 'User identifier; empty when absent or blocked.';
COMMENT ON COLUMN {{.stages}}.all_tracks.started_at IS 'Event time of the visit''s first event.';
COMMENT ON COLUMN {{.stages}}.all_tracks.ended_at IS 'Event time of its last event.';
COMMENT ON COLUMN {{.stages}}.all_tracks.event_count IS 'Events in the visit.';
COMMENT ON COLUMN {{.stages}}.all_tracks.page_count IS 'Rows of pages among them.';
COMMENT ON COLUMN {{.stages}}.all_tracks.marks IS 'First event, first and last page-bearing event, first blog page and the earliest event of each set of tags, each with its full order key, URL and referrer; encoded by internal/sessionize.';

CREATE TABLE {{.stages}}.all_conversions (
    received_month date NOT NULL,
    anonymous_id   text COLLATE "C" NOT NULL,
    user_id        text COLLATE "C" NOT NULL,
    conversion     text COLLATE "C" NOT NULL,
    converted_at   timestamptz NOT NULL,
    kind           smallint NOT NULL,
    received_at    timestamptz NOT NULL,
    source         text COLLATE "C" NOT NULL,
    id             text COLLATE "C" NOT NULL,
    event_text     text
) PARTITION BY RANGE (received_month);
CREATE INDEX ON {{.stages}}.all_conversions (user_id, anonymous_id);
COMMENT ON TABLE {{.stages}}.all_conversions IS 'Every conversion event (signups and those named in conversions), server events included, with its place in the order of events; an event that is several conversions has a row for each. Partitioned like app_tracks.';
COMMENT ON COLUMN {{.stages}}.all_conversions.received_month IS 'First day of the UTC month the event was received in. Partition key.';
COMMENT ON COLUMN {{.stages}}.all_conversions.anonymous_id IS 'Device identifier; empty when absent or blocked.';
COMMENT ON COLUMN {{.stages}}.all_conversions.user_id IS 'User identifier; empty when absent or blocked.';
COMMENT ON COLUMN {{.stages}}.all_conversions.conversion IS 'signup, or the name given in conversions.';
COMMENT ON COLUMN {{.stages}}.all_conversions.converted_at IS 'Event time.';
COMMENT ON COLUMN {{.stages}}.all_conversions.kind IS 'Segment call; always 3, track.';
COMMENT ON COLUMN {{.stages}}.all_conversions.received_at IS 'When Segment received it.';
COMMENT ON COLUMN {{.stages}}.all_conversions.source IS 'Schema of the Segment source.';
COMMENT ON COLUMN {{.stages}}.all_conversions.id IS 'Segment''s messageId.';
COMMENT ON COLUMN {{.stages}}.all_conversions.event_text IS 'The event''s name as sent.';

CREATE TABLE {{.stages}}.all_sightings (
    received_month    date NOT NULL,
    anonymous_id      text COLLATE "C" NOT NULL,
    user_id           text COLLATE "C" NOT NULL,
    is_alias          boolean NOT NULL,
    first_at          timestamptz NOT NULL,
    first_kind        smallint NOT NULL,
    first_received_at timestamptz NOT NULL,
    first_source      text COLLATE "C" NOT NULL,
    first_id          text COLLATE "C" NOT NULL,
    server_count      integer NOT NULL,
    ignored_count     integer NOT NULL,
    rejected_count    integer NOT NULL
) PARTITION BY RANGE (received_month);
CREATE INDEX ON {{.stages}}.all_sightings (user_id, anonymous_id);
COMMENT ON TABLE {{.stages}}.all_sightings IS 'Where each pair with a user_id was seen: its least row of the month, of any kind. Edges and first sights are their least over the months. A pair may have several rows a month (one a night). Also counts the events that are in no visit, so that all events are accounted for.';
COMMENT ON COLUMN {{.stages}}.all_sightings.received_month IS 'First day of the UTC month the rows were received in. Partition key.';
COMMENT ON COLUMN {{.stages}}.all_sightings.anonymous_id IS 'Device identifier, empty when absent or blocked; on alias sightings the previous_id.';
COMMENT ON COLUMN {{.stages}}.all_sightings.user_id IS 'User identifier, empty when absent or blocked.';
COMMENT ON COLUMN {{.stages}}.all_sightings.is_alias IS 'An aliases row joining previous_id (in anonymous_id) to user_id.';
COMMENT ON COLUMN {{.stages}}.all_sightings.first_at IS 'Event time of the least row.';
COMMENT ON COLUMN {{.stages}}.all_sightings.first_kind IS 'Its Segment call, 1 page to 5 alias.';
COMMENT ON COLUMN {{.stages}}.all_sightings.first_received_at IS 'Its received_at.';
COMMENT ON COLUMN {{.stages}}.all_sightings.first_source IS 'Its source.';
COMMENT ON COLUMN {{.stages}}.all_sightings.first_id IS 'Its id.';
COMMENT ON COLUMN {{.stages}}.all_sightings.server_count IS 'Server events of the pair among these rows.';
COMMENT ON COLUMN {{.stages}}.all_sightings.ignored_count IS 'Events named in ignore_events among these rows.';
COMMENT ON COLUMN {{.stages}}.all_sightings.rejected_count IS 'Events whose identifiers are all blocked among these rows; the identifiers then stand as sent.';

CREATE TABLE {{.aliases}}.edges (
    anonymous_id      text COLLATE "C" NOT NULL,
    user_id           text COLLATE "C" NOT NULL,
    is_alias          boolean NOT NULL,
    first_at          timestamptz NOT NULL,
    first_kind        smallint NOT NULL,
    first_received_at timestamptz NOT NULL,
    first_source      text COLLATE "C" NOT NULL,
    first_id          text COLLATE "C" NOT NULL,
    PRIMARY KEY (anonymous_id, user_id, is_alias)
);
CREATE INDEX ON {{.aliases}}.edges (user_id);
COMMENT ON TABLE {{.aliases}}.edges IS 'Which anonymous_id and user_id were seen on one row, with the least such row.';
COMMENT ON COLUMN {{.aliases}}.edges.anonymous_id IS 'Device identifier; on alias edges the previous_id.';
COMMENT ON COLUMN {{.aliases}}.edges.user_id IS 'User identifier.';
COMMENT ON COLUMN {{.aliases}}.edges.is_alias IS 'By an aliases row. Where the previous_id is a user_id too, it also joins the two users.';
COMMENT ON COLUMN {{.aliases}}.edges.first_at IS 'Event time of the least row.';
COMMENT ON COLUMN {{.aliases}}.edges.first_kind IS 'Its Segment call, 1 page to 5 alias.';
COMMENT ON COLUMN {{.aliases}}.edges.first_received_at IS 'Its received_at.';
COMMENT ON COLUMN {{.aliases}}.edges.first_source IS 'Its source.';
COMMENT ON COLUMN {{.aliases}}.edges.first_id IS 'Its id.';

CREATE TABLE {{.aliases}}.first_sights (
    user_id           text COLLATE "C" PRIMARY KEY,
    first_at          timestamptz NOT NULL,
    first_kind        smallint NOT NULL,
    first_received_at timestamptz NOT NULL,
    first_source      text COLLATE "C" NOT NULL,
    first_id          text COLLATE "C" NOT NULL
);
COMMENT ON TABLE {{.aliases}}.first_sights IS 'The least row naming each user_id: of joined users the one seen first is the root.';
COMMENT ON COLUMN {{.aliases}}.first_sights.user_id IS 'User identifier.';
COMMENT ON COLUMN {{.aliases}}.first_sights.first_at IS 'Event time of the least row.';
COMMENT ON COLUMN {{.aliases}}.first_sights.first_kind IS 'Its Segment call, 1 page to 5 alias.';
COMMENT ON COLUMN {{.aliases}}.first_sights.first_received_at IS 'Its received_at.';
COMMENT ON COLUMN {{.aliases}}.first_sights.first_source IS 'Its source.';
COMMENT ON COLUMN {{.aliases}}.first_sights.first_id IS 'Its id.';

CREATE TABLE {{.aliases}}.user_ids (
    user_id  text COLLATE "C" PRIMARY KEY,
    alias_id text COLLATE "C" NOT NULL
);
CREATE INDEX ON {{.aliases}}.user_ids (alias_id);
COMMENT ON TABLE {{.aliases}}.user_ids IS 'Every user_id ever seen and the person it belongs to: join your own users to sessions.* through this table, by user_id, since a person''s alias_id may change from one night to the next.';
COMMENT ON COLUMN {{.aliases}}.user_ids.user_id IS 'User identifier as in Segment.';
COMMENT ON COLUMN {{.aliases}}.user_ids.alias_id IS 'The root user_id that stands for the person (is_identified is true). May change when users are joined or split.';

CREATE TABLE {{.aliases}}.anonymous_ids (
    anonymous_id  text COLLATE "C" PRIMARY KEY,
    alias_id      text COLLATE "C" NOT NULL,
    is_identified boolean NOT NULL,
    is_shared     boolean NOT NULL,
    is_cut        boolean NOT NULL,
    person_count  integer NOT NULL
);
CREATE INDEX ON {{.aliases}}.anonymous_ids (alias_id);
COMMENT ON TABLE {{.aliases}}.anonymous_ids IS 'Every anonymous_id ever seen together with a user_id and the person its anonymous events belong to. An anonymous_id that is not here is a person of its own.';
COMMENT ON COLUMN {{.aliases}}.anonymous_ids.anonymous_id IS 'Device identifier as in Segment.';
COMMENT ON COLUMN {{.aliases}}.anonymous_ids.alias_id IS 'The person: a root user_id, or the anonymous_id itself where is_identified is false. May change from one night to the next.';
COMMENT ON COLUMN {{.aliases}}.anonymous_ids.is_identified IS 'The person is a user.';
COMMENT ON COLUMN {{.aliases}}.anonymous_ids.is_shared IS 'More persons than max_users_per_anonymous_id use it (kiosk, bot, test): it stays a person of its own.';
COMMENT ON COLUMN {{.aliases}}.anonymous_ids.is_cut IS 'Its component was over max_component_size (policy merge): it stays a person of its own.';
COMMENT ON COLUMN {{.aliases}}.anonymous_ids.person_count IS 'Distinct persons seen with it, after alias joins.';

CREATE TABLE {{.aliases}}.changes (
    run_id            bigint NOT NULL,
    recorded_at       timestamptz NOT NULL,
    is_user           boolean NOT NULL,
    identifier        text COLLATE "C" NOT NULL,
    old_alias_id      text COLLATE "C",
    old_is_identified boolean,
    new_alias_id      text COLLATE "C",
    new_is_identified boolean
);
CREATE INDEX ON {{.aliases}}.changes (identifier);
CREATE INDEX ON {{.aliases}}.changes (old_alias_id);
CREATE INDEX ON {{.aliases}}.changes (new_alias_id);
COMMENT ON TABLE {{.aliases}}.changes IS 'Journal: every identifier whose person changed, by run.';
COMMENT ON COLUMN {{.aliases}}.changes.run_id IS 'The run.';
COMMENT ON COLUMN {{.aliases}}.changes.recorded_at IS 'When.';
COMMENT ON COLUMN {{.aliases}}.changes.is_user IS 'The identifier is a user_id, else an anonymous_id.';
COMMENT ON COLUMN {{.aliases}}.changes.identifier IS 'The identifier.';
COMMENT ON COLUMN {{.aliases}}.changes.old_alias_id IS 'Its person before; NULL for a user_id never seen before.';
COMMENT ON COLUMN {{.aliases}}.changes.old_is_identified IS 'Whether that was a user.';
COMMENT ON COLUMN {{.aliases}}.changes.new_alias_id IS 'Its person since; NULL for a user_id of which no row is left.';
COMMENT ON COLUMN {{.aliases}}.changes.new_is_identified IS 'Whether that is a user.';
