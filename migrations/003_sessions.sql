-- What analysts read: published by stage 7 in one transaction.

CREATE TABLE {{.sessions}}.all_sessions (
    session_id        text COLLATE "C" NOT NULL,
    alias_id          text COLLATE "C" NOT NULL,
    is_identified     boolean NOT NULL,
    session_index     integer NOT NULL,
    started_at        timestamptz NOT NULL,
    ended_at          timestamptz NOT NULL,
    event_count       bigint NOT NULL,
    page_count        bigint NOT NULL,
    entry_page        text,
    exit_page         text,
    entry_referrer    text,
    source            text,
    medium            text,
    campaign          text,
    term              text,
    content           text,
    channel           text NOT NULL,
    is_paid           boolean NOT NULL,
    is_signup_session boolean NOT NULL,
    bot_event_count   bigint NOT NULL,
    PRIMARY KEY (alias_id, is_identified, started_at)
) PARTITION BY RANGE (started_at);
CREATE INDEX ON {{.sessions}}.all_sessions (session_id);

CREATE TABLE {{.sessions}}.useful_sessions (
    alias_id       text COLLATE "C" NOT NULL,
    is_identified  boolean NOT NULL,
    kind           text NOT NULL,
    session_id     text COLLATE "C" NOT NULL,
    session_index  integer NOT NULL,
    started_at     timestamptz NOT NULL,
    ended_at       timestamptz NOT NULL,
    event_count    bigint NOT NULL,
    page_count     bigint NOT NULL,
    entry_page     text,
    exit_page      text,
    entry_referrer text,
    source         text,
    medium         text,
    campaign       text,
    term           text,
    content        text,
    channel        text NOT NULL,
    is_paid        boolean NOT NULL,
    PRIMARY KEY (alias_id, is_identified, kind)
) PARTITION BY RANGE (alias_id);

CREATE TABLE {{.sessions}}.touches (
    alias_id         text COLLATE "C" NOT NULL,
    is_identified    boolean NOT NULL,
    position         integer NOT NULL,
    session_id       text COLLATE "C" NOT NULL,
    touched_at       timestamptz NOT NULL,
    source           text,
    medium           text,
    campaign         text,
    term             text,
    content          text,
    referrer         text,
    landing_page     text,
    click_id         text,
    channel          text NOT NULL,
    is_paid          boolean NOT NULL,
    is_before_signup boolean,
    PRIMARY KEY (alias_id, is_identified, position)
) PARTITION BY RANGE (alias_id);
CREATE INDEX ON {{.sessions}}.touches (session_id);

CREATE TABLE {{.sessions}}.attribution (
    alias_id text COLLATE "C" NOT NULL,
    session_count_before_signup integer NOT NULL,
    signup_timestamp timestamptz NOT NULL,
    blog_url text,
    first_page_ever_visited text,
    first_touch_timestamp timestamptz,
    first_touch_source text,
    first_touch_campaign text,
    first_touch_medium text,
    first_touch_referrer text,
    last_touch_timestamp timestamptz,
    last_touch_source text,
    last_touch_campaign text,
    last_touch_medium text,
    last_touch_referrer text,
    first_attributed_touch_timestamp timestamptz,
    first_attributed_touch_source text,
    first_attributed_touch_campaign text,
    first_attributed_touch_medium text,
    first_attributed_touch_referrer text,
    last_attributed_touch_timestamp timestamptz,
    last_attributed_touch_source text,
    last_attributed_touch_campaign text,
    last_attributed_touch_medium text,
    last_attributed_touch_referrer text,
    first_touch_channel text,
    first_touch_landing_page text,
    last_touch_channel text,
    last_touch_landing_page text,
    first_attributed_touch_channel text,
    first_attributed_touch_landing_page text,
    last_attributed_touch_channel text,
    last_attributed_touch_landing_page text,
    is_identified boolean NOT NULL,
    PRIMARY KEY (alias_id, is_identified)
) PARTITION BY RANGE (alias_id);
CREATE INDEX ON {{.sessions}}.attribution (signup_timestamp);
CREATE INDEX ON {{.sessions}}.attribution (first_touch_source, first_touch_medium, first_touch_campaign);
CREATE INDEX ON {{.sessions}}.attribution (last_touch_source, last_touch_medium, last_touch_campaign);
CREATE INDEX ON {{.sessions}}.attribution (first_attributed_touch_source, first_attributed_touch_medium, first_attributed_touch_campaign);
CREATE INDEX ON {{.sessions}}.attribution (last_attributed_touch_source, last_attributed_touch_medium, last_attributed_touch_campaign);

COMMENT ON TABLE {{.sessions}}.all_sessions IS 'Every session of every person. A session ends when more than session_gap (20 minutes) passes without an event. Monthly partitions by started_at in UTC: the _signup tables of the stages schema.';
COMMENT ON TABLE {{.sessions}}.useful_sessions IS 'For every signed-up person the first session ever (kind first, where there is a session) and the signup session (kind signup, where there is one): two rows when they are one session.';
COMMENT ON TABLE {{.sessions}}.touches IS 'Every touch of every person, after the signup too: each distinct set of tags of a session once, its entry by an external referrer, or the session itself as direct.';
COMMENT ON TABLE {{.sessions}}.attribution IS 'One row per signed-up person, always: where they came from first and last, and by which paid touches. A signup without any session has count 0 and NULL touches.';
COMMENT ON COLUMN {{.sessions}}.all_sessions.session_id IS 'md5 of u or a, :, alias_id, :, microseconds of started_at since 1970: the same in every run.';
COMMENT ON COLUMN {{.sessions}}.all_sessions.alias_id IS 'The person: root user_id, or anonymous_id where is_identified is false. May change from one night to the next; aliases.user_ids is the way to join your users.';
COMMENT ON COLUMN {{.sessions}}.all_sessions.is_identified IS 'The person is a user, not an anonymous visitor.';
COMMENT ON COLUMN {{.sessions}}.all_sessions.session_index IS 'Number of the session among the person''s, from 1.';
COMMENT ON COLUMN {{.sessions}}.all_sessions.started_at IS 'Event time of the first event.';
COMMENT ON COLUMN {{.sessions}}.all_sessions.ended_at IS 'Event time of the last event; the gap is not added.';
COMMENT ON COLUMN {{.sessions}}.all_sessions.event_count IS 'Events in the session.';
COMMENT ON COLUMN {{.sessions}}.all_sessions.page_count IS 'Rows of pages among them.';
COMMENT ON COLUMN {{.sessions}}.all_sessions.entry_page IS 'URL of the first event with a page URL.';
COMMENT ON COLUMN {{.sessions}}.all_sessions.exit_page IS 'URL of the last event with a page URL.';
COMMENT ON COLUMN {{.sessions}}.all_sessions.entry_referrer IS 'Referrer of the first event with a page URL, as sent.';
COMMENT ON COLUMN {{.sessions}}.all_sessions.source IS 'Source of the session''s first touch.';
COMMENT ON COLUMN {{.sessions}}.all_sessions.medium IS 'Medium of the session''s first touch.';
COMMENT ON COLUMN {{.sessions}}.all_sessions.campaign IS 'Campaign of the session''s first touch.';
COMMENT ON COLUMN {{.sessions}}.all_sessions.term IS 'Term of the session''s first touch.';
COMMENT ON COLUMN {{.sessions}}.all_sessions.content IS 'Content of the session''s first touch.';
COMMENT ON COLUMN {{.sessions}}.all_sessions.channel IS 'Channel of the session''s first touch, by the channel rules.';
COMMENT ON COLUMN {{.sessions}}.all_sessions.is_paid IS 'The session''s first touch is paid.';
COMMENT ON COLUMN {{.sessions}}.all_sessions.is_signup_session IS 'The latest session with started_at <= signup <= ended_at + session_gap.';
COMMENT ON COLUMN {{.sessions}}.all_sessions.bot_event_count IS 'Events sent by a known crawler, by their user agent.';
COMMENT ON COLUMN {{.sessions}}.useful_sessions.alias_id IS 'The person: root user_id, or anonymous_id where is_identified is false. May change from one night to the next; aliases.user_ids is the way to join your users.';
COMMENT ON COLUMN {{.sessions}}.useful_sessions.is_identified IS 'The person is a user, not an anonymous visitor.';
COMMENT ON COLUMN {{.sessions}}.useful_sessions.kind IS 'first or signup.';
COMMENT ON COLUMN {{.sessions}}.useful_sessions.session_id IS 'md5 of u or a, :, alias_id, :, microseconds of started_at since 1970: the same in every run.';
COMMENT ON COLUMN {{.sessions}}.useful_sessions.session_index IS 'Number of the session among the person''s, from 1.';
COMMENT ON COLUMN {{.sessions}}.useful_sessions.started_at IS 'Event time of the first event.';
COMMENT ON COLUMN {{.sessions}}.useful_sessions.ended_at IS 'Event time of the last event; the gap is not added.';
COMMENT ON COLUMN {{.sessions}}.useful_sessions.event_count IS 'Events in the session.';
COMMENT ON COLUMN {{.sessions}}.useful_sessions.page_count IS 'Rows of pages among them.';
COMMENT ON COLUMN {{.sessions}}.useful_sessions.entry_page IS 'URL of the first event with a page URL.';
COMMENT ON COLUMN {{.sessions}}.useful_sessions.exit_page IS 'URL of the last event with a page URL.';
COMMENT ON COLUMN {{.sessions}}.useful_sessions.entry_referrer IS 'Referrer of the first event with a page URL, as sent.';
COMMENT ON COLUMN {{.sessions}}.useful_sessions.source IS 'Source of the session''s first touch.';
COMMENT ON COLUMN {{.sessions}}.useful_sessions.medium IS 'Medium of the session''s first touch.';
COMMENT ON COLUMN {{.sessions}}.useful_sessions.campaign IS 'Campaign of the session''s first touch.';
COMMENT ON COLUMN {{.sessions}}.useful_sessions.term IS 'Term of the session''s first touch.';
COMMENT ON COLUMN {{.sessions}}.useful_sessions.content IS 'Content of the session''s first touch.';
COMMENT ON COLUMN {{.sessions}}.useful_sessions.channel IS 'Channel of the session''s first touch, by the channel rules.';
COMMENT ON COLUMN {{.sessions}}.useful_sessions.is_paid IS 'The session''s first touch is paid.';
COMMENT ON COLUMN {{.sessions}}.touches.alias_id IS 'The person: root user_id, or anonymous_id where is_identified is false. May change from one night to the next; aliases.user_ids is the way to join your users.';
COMMENT ON COLUMN {{.sessions}}.touches.is_identified IS 'The person is a user, not an anonymous visitor.';
COMMENT ON COLUMN {{.sessions}}.touches.position IS 'Number of the touch among the person''s, from 1 over all history.';
COMMENT ON COLUMN {{.sessions}}.touches.session_id IS 'The session it happened in.';
COMMENT ON COLUMN {{.sessions}}.touches.touched_at IS 'Event time.';
COMMENT ON COLUMN {{.sessions}}.touches.source IS 'utm_source, or what the click id implies, or the search engine or domain of the referrer; (direct).';
COMMENT ON COLUMN {{.sessions}}.touches.medium IS 'utm_medium, or what the click id implies; organic or referral by referrer; (none) for direct.';
COMMENT ON COLUMN {{.sessions}}.touches.campaign IS 'utm_campaign.';
COMMENT ON COLUMN {{.sessions}}.touches.term IS 'utm_term.';
COMMENT ON COLUMN {{.sessions}}.touches.content IS 'utm_content.';
COMMENT ON COLUMN {{.sessions}}.touches.referrer IS 'Referrer of its event as sent; NULL for direct.';
COMMENT ON COLUMN {{.sessions}}.touches.landing_page IS 'Page URL of its event; for direct the session''s entry page.';
COMMENT ON COLUMN {{.sessions}}.touches.click_id IS 'Kind of click id on the page URL (gclid, fbclid, …), never its value.';
COMMENT ON COLUMN {{.sessions}}.touches.channel IS 'Marketing channel by the channel rules.';
COMMENT ON COLUMN {{.sessions}}.touches.is_paid IS 'Paid medium or paid click id. fbclid alone is not.';
COMMENT ON COLUMN {{.sessions}}.touches.is_before_signup IS 'At or before the person''s signup; NULL for who has not signed up.';
COMMENT ON COLUMN {{.sessions}}.attribution.alias_id IS 'The person: root user_id, or anonymous_id where is_identified is false. May change from one night to the next; aliases.user_ids is the way to join your users.';
COMMENT ON COLUMN {{.sessions}}.attribution.session_count_before_signup IS 'Sessions begun at or before the signup; 1 means signed up on the first visit, 0 that no session is known.';
COMMENT ON COLUMN {{.sessions}}.attribution.signup_timestamp IS 'Event time of the person''s first signup event.';
COMMENT ON COLUMN {{.sessions}}.attribution.blog_url IS 'First blog page visited at or before the signup.';
COMMENT ON COLUMN {{.sessions}}.attribution.first_page_ever_visited IS 'First page of all time, also after the signup.';
COMMENT ON COLUMN {{.sessions}}.attribution.first_touch_timestamp IS 'Time of the earliest touch at or before the signup.';
COMMENT ON COLUMN {{.sessions}}.attribution.first_touch_source IS 'Source of the earliest touch at or before the signup.';
COMMENT ON COLUMN {{.sessions}}.attribution.first_touch_campaign IS 'Campaign of the earliest touch at or before the signup.';
COMMENT ON COLUMN {{.sessions}}.attribution.first_touch_medium IS 'Medium of the earliest touch at or before the signup.';
COMMENT ON COLUMN {{.sessions}}.attribution.first_touch_referrer IS 'Referrer of the earliest touch at or before the signup.';
COMMENT ON COLUMN {{.sessions}}.attribution.last_touch_timestamp IS 'Time of the latest touch at or before the signup.';
COMMENT ON COLUMN {{.sessions}}.attribution.last_touch_source IS 'Source of the latest touch at or before the signup.';
COMMENT ON COLUMN {{.sessions}}.attribution.last_touch_campaign IS 'Campaign of the latest touch at or before the signup.';
COMMENT ON COLUMN {{.sessions}}.attribution.last_touch_medium IS 'Medium of the latest touch at or before the signup.';
COMMENT ON COLUMN {{.sessions}}.attribution.last_touch_referrer IS 'Referrer of the latest touch at or before the signup.';
COMMENT ON COLUMN {{.sessions}}.attribution.first_attributed_touch_timestamp IS 'Time of the earliest paid touch at or before the signup; NULL when none was paid.';
COMMENT ON COLUMN {{.sessions}}.attribution.first_attributed_touch_source IS 'Source of the earliest paid touch at or before the signup; NULL when none was paid.';
COMMENT ON COLUMN {{.sessions}}.attribution.first_attributed_touch_campaign IS 'Campaign of the earliest paid touch at or before the signup; NULL when none was paid.';
COMMENT ON COLUMN {{.sessions}}.attribution.first_attributed_touch_medium IS 'Medium of the earliest paid touch at or before the signup; NULL when none was paid.';
COMMENT ON COLUMN {{.sessions}}.attribution.first_attributed_touch_referrer IS 'Referrer of the earliest paid touch at or before the signup; NULL when none was paid.';
COMMENT ON COLUMN {{.sessions}}.attribution.last_attributed_touch_timestamp IS 'Time of the latest paid touch at or before the signup; NULL when none was paid.';
COMMENT ON COLUMN {{.sessions}}.attribution.last_attributed_touch_source IS 'Source of the latest paid touch at or before the signup; NULL when none was paid.';
COMMENT ON COLUMN {{.sessions}}.attribution.last_attributed_touch_campaign IS 'Campaign of the latest paid touch at or before the signup; NULL when none was paid.';
COMMENT ON COLUMN {{.sessions}}.attribution.last_attributed_touch_medium IS 'Medium of the latest paid touch at or before the signup; NULL when none was paid.';
COMMENT ON COLUMN {{.sessions}}.attribution.last_attributed_touch_referrer IS 'Referrer of the latest paid touch at or before the signup; NULL when none was paid.';
COMMENT ON COLUMN {{.sessions}}.attribution.first_touch_channel IS 'Channel of the earliest touch at or before the signup.';
COMMENT ON COLUMN {{.sessions}}.attribution.first_touch_landing_page IS 'Page URL of the earliest touch at or before the signup.';
COMMENT ON COLUMN {{.sessions}}.attribution.last_touch_channel IS 'Channel of the latest touch at or before the signup.';
COMMENT ON COLUMN {{.sessions}}.attribution.last_touch_landing_page IS 'Page URL of the latest touch at or before the signup.';
COMMENT ON COLUMN {{.sessions}}.attribution.first_attributed_touch_channel IS 'Channel of the earliest paid touch at or before the signup; NULL when none was paid.';
COMMENT ON COLUMN {{.sessions}}.attribution.first_attributed_touch_landing_page IS 'Page URL of the earliest paid touch at or before the signup; NULL when none was paid.';
COMMENT ON COLUMN {{.sessions}}.attribution.last_attributed_touch_channel IS 'Channel of the latest paid touch at or before the signup; NULL when none was paid.';
COMMENT ON COLUMN {{.sessions}}.attribution.last_attributed_touch_landing_page IS 'Page URL of the latest paid touch at or before the signup; NULL when none was paid.';
COMMENT ON COLUMN {{.sessions}}.attribution.is_identified IS 'The person is a user, not an anonymous visitor.';

CREATE TABLE {{.sessions}}.useful_sessions_all (LIKE {{.sessions}}.useful_sessions INCLUDING ALL);
ALTER TABLE {{.sessions}}.useful_sessions ATTACH PARTITION {{.sessions}}.useful_sessions_all FOR VALUES FROM (MINVALUE) TO (MAXVALUE);
COMMENT ON TABLE {{.sessions}}.useful_sessions_all IS 'The one partition of useful_sessions; full rebuilds swap it.';

CREATE TABLE {{.sessions}}.touches_all (LIKE {{.sessions}}.touches INCLUDING ALL);
ALTER TABLE {{.sessions}}.touches ATTACH PARTITION {{.sessions}}.touches_all FOR VALUES FROM (MINVALUE) TO (MAXVALUE);
COMMENT ON TABLE {{.sessions}}.touches_all IS 'The one partition of touches; full rebuilds swap it.';

CREATE TABLE {{.sessions}}.attribution_all (LIKE {{.sessions}}.attribution INCLUDING ALL);
ALTER TABLE {{.sessions}}.attribution ATTACH PARTITION {{.sessions}}.attribution_all FOR VALUES FROM (MINVALUE) TO (MAXVALUE);
COMMENT ON TABLE {{.sessions}}.attribution_all IS 'The one partition of attribution; full rebuilds swap it.';
