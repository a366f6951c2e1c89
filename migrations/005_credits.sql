-- What analysts read beside attribution: persons, conversions, who earned them, and money.

CREATE TABLE {{.sessions}}.persons (
    alias_id          text COLLATE "C" NOT NULL,
    is_identified     boolean NOT NULL,
    session_count     integer NOT NULL,
    event_count       bigint NOT NULL,
    page_count        bigint NOT NULL,
    bot_event_count   bigint NOT NULL,
    is_bot            boolean NOT NULL,
    first_seen_at     timestamptz,
    last_seen_at      timestamptz,
    is_signed_up      boolean NOT NULL,
    signup_timestamp  timestamptz,
    active_in_week_1  boolean,
    active_in_week_4  boolean,
    active_in_week_12 boolean,
    active_in_week_26 boolean,
    traits            jsonb NOT NULL,
    PRIMARY KEY (alias_id, is_identified)
) PARTITION BY RANGE (alias_id);
CREATE INDEX ON {{.sessions}}.persons (signup_timestamp);
COMMENT ON TABLE {{.sessions}}.persons IS 'One row a person with a session or a signup: how often and how long they were here, and what is known of them.';
COMMENT ON COLUMN {{.sessions}}.persons.alias_id IS 'The person: root user_id, or anonymous_id where is_identified is false. May change from one night to the next; aliases.user_ids is the way to join your users.';
COMMENT ON COLUMN {{.sessions}}.persons.is_identified IS 'The person is a user, not an anonymous visitor.';
COMMENT ON COLUMN {{.sessions}}.persons.session_count IS 'Sessions of all time.';
COMMENT ON COLUMN {{.sessions}}.persons.event_count IS 'Events in them.';
COMMENT ON COLUMN {{.sessions}}.persons.page_count IS 'Rows of pages among them.';
COMMENT ON COLUMN {{.sessions}}.persons.bot_event_count IS 'Events sent by a known crawler among them, by their user agent.';
COMMENT ON COLUMN {{.sessions}}.persons.is_bot IS 'Every event was sent by a known crawler; false for who has no session.';
COMMENT ON COLUMN {{.sessions}}.persons.first_seen_at IS 'Start of the first session; NULL for a signup without any session.';
COMMENT ON COLUMN {{.sessions}}.persons.last_seen_at IS 'End of the last session.';
COMMENT ON COLUMN {{.sessions}}.persons.is_signed_up IS 'There is a row of attribution.';
COMMENT ON COLUMN {{.sessions}}.persons.signup_timestamp IS 'Event time of the first signup event.';
COMMENT ON COLUMN {{.sessions}}.persons.active_in_week_1 IS 'A session began 7 to 14 days after the signup, the 14 excluded. NULL without signup. False also where that week is still to come: sessions.retention leaves those out.';
COMMENT ON COLUMN {{.sessions}}.persons.active_in_week_4 IS 'A session began in the week that begins 28 days after the signup; NULL without signup.';
COMMENT ON COLUMN {{.sessions}}.persons.active_in_week_12 IS 'A session began in the week that begins 84 days after the signup; NULL without signup.';
COMMENT ON COLUMN {{.sessions}}.persons.active_in_week_26 IS 'A session began in the week that begins 182 days after the signup; NULL without signup.';
COMMENT ON COLUMN {{.sessions}}.persons.traits IS 'The latest value of each trait named in person_traits, as text by name, of the person''s identify calls; {} without any.';

CREATE TABLE {{.sessions}}.conversions (
    alias_id      text COLLATE "C" NOT NULL,
    is_identified boolean NOT NULL,
    conversion    text COLLATE "C" NOT NULL,
    number        integer NOT NULL,
    converted_at  timestamptz NOT NULL,
    session_count integer NOT NULL,
    value         numeric,
    currency      text,
    source        text COLLATE "C" NOT NULL,
    message_id    text COLLATE "C" NOT NULL,
    PRIMARY KEY (alias_id, is_identified, conversion, number)
) PARTITION BY RANGE (alias_id);
CREATE INDEX ON {{.sessions}}.conversions (converted_at);
COMMENT ON TABLE {{.sessions}}.conversions IS 'Every conversion: the signup of each signed-up person, and those named in conversions, the first of a person or every one.';
COMMENT ON COLUMN {{.sessions}}.conversions.alias_id IS 'The person: root user_id, or anonymous_id where is_identified is false. May change from one night to the next; aliases.user_ids is the way to join your users.';
COMMENT ON COLUMN {{.sessions}}.conversions.is_identified IS 'The person is a user, not an anonymous visitor.';
COMMENT ON COLUMN {{.sessions}}.conversions.conversion IS 'signup, or the name given in conversions.';
COMMENT ON COLUMN {{.sessions}}.conversions.number IS 'From 1 among the person''s conversions of the name, in the order of events.';
COMMENT ON COLUMN {{.sessions}}.conversions.converted_at IS 'Event time.';
COMMENT ON COLUMN {{.sessions}}.conversions.session_count IS 'Sessions begun at or before it; 1 means converted on the first visit, 0 that no session is known.';
COMMENT ON COLUMN {{.sessions}}.conversions.value IS 'What it is worth, from the event''s own table; NULL where none is named, found or a number.';
COMMENT ON COLUMN {{.sessions}}.conversions.currency IS 'Currency of value, in capitals, from the event''s own table; NULL: the reporting currency (money.currency).';
COMMENT ON COLUMN {{.sessions}}.conversions.source IS 'Schema of the Segment source of its event.';
COMMENT ON COLUMN {{.sessions}}.conversions.message_id IS 'The event''s id there.';

CREATE TABLE {{.sessions}}.paths (
    alias_id        text COLLATE "C" NOT NULL,
    is_identified   boolean NOT NULL,
    conversion      text COLLATE "C" NOT NULL,
    number          integer NOT NULL,
    position        integer NOT NULL,
    converted_at    timestamptz NOT NULL,
    touch_position  integer,
    session_id      text COLLATE "C",
    touched_at      timestamptz,
    source          text,
    medium          text,
    campaign        text,
    channel         text,
    landing_page    text,
    is_paid         boolean NOT NULL,
    first_touch     double precision NOT NULL,
    last_touch      double precision NOT NULL,
    last_non_direct double precision NOT NULL,
    first_paid      double precision NOT NULL,
    last_paid       double precision NOT NULL,
    linear          double precision NOT NULL,
    position_based  double precision NOT NULL,
    time_decay      double precision NOT NULL,
    shapley         double precision NOT NULL,
    markov_share    double precision NOT NULL,
    PRIMARY KEY (alias_id, is_identified, conversion, number, position)
) PARTITION BY RANGE (alias_id);
CREATE INDEX ON {{.sessions}}.paths (converted_at);
COMMENT ON TABLE {{.sessions}}.paths IS 'The path of every conversion: its touches by time, with the credit each model gives each. One row a touch; and one of position 0 for what a model can give no touch, as first_paid where none was paid. Each model''s column sums to 1 over a conversion. sessions.credits is the same, a row for each model.';
COMMENT ON COLUMN {{.sessions}}.paths.alias_id IS 'The person: root user_id, or anonymous_id where is_identified is false. May change from one night to the next; aliases.user_ids is the way to join your users.';
COMMENT ON COLUMN {{.sessions}}.paths.is_identified IS 'The person is a user, not an anonymous visitor.';
COMMENT ON COLUMN {{.sessions}}.paths.conversion IS 'signup, or the name given in conversions.';
COMMENT ON COLUMN {{.sessions}}.paths.number IS 'Number of the conversion, as in sessions.conversions.';
COMMENT ON COLUMN {{.sessions}}.paths.position IS 'Number of the touch in the path, from 1; 0: no touch.';
COMMENT ON COLUMN {{.sessions}}.paths.converted_at IS 'Event time of the conversion.';
COMMENT ON COLUMN {{.sessions}}.paths.touch_position IS 'position of the touch in sessions.touches; NULL for no touch, and for a session whose every touch is later than the conversion, which counts as direct.';
COMMENT ON COLUMN {{.sessions}}.paths.session_id IS 'Session of the touch.';
COMMENT ON COLUMN {{.sessions}}.paths.touched_at IS 'Event time of the touch.';
COMMENT ON COLUMN {{.sessions}}.paths.source IS 'Source of the touch; NULL: no touch.';
COMMENT ON COLUMN {{.sessions}}.paths.medium IS 'Medium of the touch.';
COMMENT ON COLUMN {{.sessions}}.paths.campaign IS 'Campaign of the touch.';
COMMENT ON COLUMN {{.sessions}}.paths.channel IS 'Channel of the touch; NULL: no touch.';
COMMENT ON COLUMN {{.sessions}}.paths.landing_page IS 'Page URL of the touch.';
COMMENT ON COLUMN {{.sessions}}.paths.is_paid IS 'The touch is paid.';
COMMENT ON COLUMN {{.sessions}}.paths.first_touch IS 'Credit under first touch: all to the earliest.';
COMMENT ON COLUMN {{.sessions}}.paths.last_touch IS 'Credit under last touch: all to the latest.';
COMMENT ON COLUMN {{.sessions}}.paths.last_non_direct IS 'Credit under last non-direct: all to the latest that is not direct, else to the latest.';
COMMENT ON COLUMN {{.sessions}}.paths.first_paid IS 'Credit under first paid: all to the earliest paid touch, else to none (position 0).';
COMMENT ON COLUMN {{.sessions}}.paths.last_paid IS 'Credit under last paid: all to the latest paid touch, else to none (position 0).';
COMMENT ON COLUMN {{.sessions}}.paths.linear IS 'Credit under linear: the same to each.';
COMMENT ON COLUMN {{.sessions}}.paths.position_based IS 'Credit under position based: 0.4 to the first, 0.4 to the last, 0.2 to those between; of two 0.5 each.';
COMMENT ON COLUMN {{.sessions}}.paths.time_decay IS 'Credit under time decay: each weighs 2^(-age/half-life), age as of the conversion.';
COMMENT ON COLUMN {{.sessions}}.paths.shapley IS 'Credit under Shapley: the same to each channel of the path, and of that the same to each of its touches.';
COMMENT ON COLUMN {{.sessions}}.paths.markov_share IS 'Of what Markov gives the touch''s channel for this conversion the share of this touch; 0 outside the model''s lookback.';

CREATE TABLE {{.sessions}}.persons_all (LIKE {{.sessions}}.persons INCLUDING ALL);
ALTER TABLE {{.sessions}}.persons ATTACH PARTITION {{.sessions}}.persons_all FOR VALUES FROM (MINVALUE) TO (MAXVALUE);
COMMENT ON TABLE {{.sessions}}.persons_all IS 'The one partition of persons; full rebuilds swap it.';

CREATE TABLE {{.sessions}}.conversions_all (LIKE {{.sessions}}.conversions INCLUDING ALL);
ALTER TABLE {{.sessions}}.conversions ATTACH PARTITION {{.sessions}}.conversions_all FOR VALUES FROM (MINVALUE) TO (MAXVALUE);
COMMENT ON TABLE {{.sessions}}.conversions_all IS 'The one partition of conversions; full rebuilds swap it.';

CREATE TABLE {{.sessions}}.paths_all (LIKE {{.sessions}}.paths INCLUDING ALL);
ALTER TABLE {{.sessions}}.paths ATTACH PARTITION {{.sessions}}.paths_all FOR VALUES FROM (MINVALUE) TO (MAXVALUE);
COMMENT ON TABLE {{.sessions}}.paths_all IS 'The one partition of paths; full rebuilds swap it.';

CREATE TABLE {{.stages}}.transitions (
    conversion text COLLATE "C" NOT NULL,
    state      text[] COLLATE "C" NOT NULL,
    next       text COLLATE "C" NOT NULL,
    count      bigint NOT NULL,
    PRIMARY KEY (conversion, state, next)
);
COMMENT ON TABLE {{.stages}}.transitions IS 'How often, over all paths to a conversion and those of persons who never converted, a channel followed upon the last ones: what the Markov model is solved from.';
COMMENT ON COLUMN {{.stages}}.transitions.conversion IS 'The conversion.';
COMMENT ON COLUMN {{.stages}}.transitions.state IS 'The channels before, the latest last: as many as models.markov.order, fewer at the beginning of a path.';
COMMENT ON COLUMN {{.stages}}.transitions.next IS 'The channel that followed; (conversion) or (null) at the end of a path.';
COMMENT ON COLUMN {{.stages}}.transitions.count IS 'How often.';

CREATE TABLE {{.sessions}}.channel_weights (
    conversion text COLLATE "C" NOT NULL,
    channel    text COLLATE "C" NOT NULL,
    weight     double precision NOT NULL,
    PRIMARY KEY (conversion, channel)
);
COMMENT ON TABLE {{.sessions}}.channel_weights IS 'The removal effect of each channel under the Markov model, of this morning: the part of the conversions that would be lost without it. Credits of the model markov are shared in proportion to it.';
COMMENT ON COLUMN {{.sessions}}.channel_weights.conversion IS 'The conversion.';
COMMENT ON COLUMN {{.sessions}}.channel_weights.channel IS 'The channel.';
COMMENT ON COLUMN {{.sessions}}.channel_weights.weight IS 'Its removal effect, 0 to 1.';

-- A query that names a model reads that model alone: the others are constantly false.
CREATE VIEW {{.sessions}}.credits AS
SELECT alias_id, is_identified, conversion, number, 'first_touch'::text AS model, position, converted_at, touch_position, session_id, touched_at,
    source, medium, campaign, channel, landing_page, is_paid, first_touch AS credit
FROM {{.sessions}}.paths
WHERE first_touch > 0
UNION ALL
SELECT alias_id, is_identified, conversion, number, 'last_touch'::text AS model, position, converted_at, touch_position, session_id, touched_at,
    source, medium, campaign, channel, landing_page, is_paid, last_touch AS credit
FROM {{.sessions}}.paths
WHERE last_touch > 0
UNION ALL
SELECT alias_id, is_identified, conversion, number, 'last_non_direct'::text AS model, position, converted_at, touch_position, session_id, touched_at,
    source, medium, campaign, channel, landing_page, is_paid, last_non_direct AS credit
FROM {{.sessions}}.paths
WHERE last_non_direct > 0
UNION ALL
SELECT alias_id, is_identified, conversion, number, 'first_paid'::text AS model, position, converted_at, touch_position, session_id, touched_at,
    source, medium, campaign, channel, landing_page, is_paid, first_paid AS credit
FROM {{.sessions}}.paths
WHERE first_paid > 0
UNION ALL
SELECT alias_id, is_identified, conversion, number, 'last_paid'::text AS model, position, converted_at, touch_position, session_id, touched_at,
    source, medium, campaign, channel, landing_page, is_paid, last_paid AS credit
FROM {{.sessions}}.paths
WHERE last_paid > 0
UNION ALL
SELECT alias_id, is_identified, conversion, number, 'linear'::text AS model, position, converted_at, touch_position, session_id, touched_at,
    source, medium, campaign, channel, landing_page, is_paid, linear AS credit
FROM {{.sessions}}.paths
WHERE linear > 0
UNION ALL
SELECT alias_id, is_identified, conversion, number, 'position_based'::text AS model, position, converted_at, touch_position, session_id, touched_at,
    source, medium, campaign, channel, landing_page, is_paid, position_based AS credit
FROM {{.sessions}}.paths
WHERE position_based > 0
UNION ALL
SELECT alias_id, is_identified, conversion, number, 'time_decay'::text AS model, position, converted_at, touch_position, session_id, touched_at,
    source, medium, campaign, channel, landing_page, is_paid, time_decay AS credit
FROM {{.sessions}}.paths
WHERE time_decay > 0
UNION ALL
SELECT alias_id, is_identified, conversion, number, 'shapley'::text AS model, position, converted_at, touch_position, session_id, touched_at,
    source, medium, campaign, channel, landing_page, is_paid, shapley AS credit
FROM {{.sessions}}.paths
WHERE shapley > 0
UNION ALL
SELECT alias_id, is_identified, conversion, number, 'markov'::text AS model, position, converted_at, touch_position, session_id, touched_at,
    source, medium, campaign, channel, landing_page, is_paid, credit
FROM (
    SELECT w.*, coalesce(weighed / nullif(sum(weighed) OVER path, 0), markov_share / sum(markov_share) OVER path) AS credit
    FROM (
        SELECT p.*, p.markov_share * coalesce(w.weight, 0) AS weighed
        FROM {{.sessions}}.paths AS p
        LEFT JOIN {{.sessions}}.channel_weights AS w ON w.conversion = p.conversion AND w.channel = p.channel
        WHERE p.markov_share > 0
    ) AS w
    WINDOW path AS (PARTITION BY alias_id, is_identified, conversion, number)
) AS m
WHERE credit > 0;
COMMENT ON VIEW {{.sessions}}.credits IS 'Who earned each conversion, by every model: the touches of its path and the share of it each is given. Credits of one conversion and model sum to 1. Always ask for one model, or group by it: summed over models everything counts ten times.';
COMMENT ON COLUMN {{.sessions}}.credits.alias_id IS 'The person: root user_id, or anonymous_id where is_identified is false.';
COMMENT ON COLUMN {{.sessions}}.credits.is_identified IS 'The person is a user, not an anonymous visitor.';
COMMENT ON COLUMN {{.sessions}}.credits.conversion IS 'signup, or the name given in conversions.';
COMMENT ON COLUMN {{.sessions}}.credits.number IS 'Number of the conversion, as in sessions.conversions.';
COMMENT ON COLUMN {{.sessions}}.credits.model IS 'first_touch, last_touch, last_non_direct, first_paid, last_paid, linear, position_based, time_decay, shapley or markov.';
COMMENT ON COLUMN {{.sessions}}.credits.position IS 'Number of the touch in the path, from 1; 0: the credit no touch can have, as first_paid where none was paid.';
COMMENT ON COLUMN {{.sessions}}.credits.converted_at IS 'Event time of the conversion.';
COMMENT ON COLUMN {{.sessions}}.credits.touch_position IS 'position of the touch in sessions.touches; NULL for no touch, and for a session that counts as direct since its every touch is later than the conversion.';
COMMENT ON COLUMN {{.sessions}}.credits.session_id IS 'Session of the touch.';
COMMENT ON COLUMN {{.sessions}}.credits.touched_at IS 'Event time of the touch.';
COMMENT ON COLUMN {{.sessions}}.credits.source IS 'Source of the touch; NULL: no touch.';
COMMENT ON COLUMN {{.sessions}}.credits.medium IS 'Medium of the touch.';
COMMENT ON COLUMN {{.sessions}}.credits.campaign IS 'Campaign of the touch.';
COMMENT ON COLUMN {{.sessions}}.credits.channel IS 'Channel of the touch; NULL: no touch.';
COMMENT ON COLUMN {{.sessions}}.credits.landing_page IS 'Page URL of the touch.';
COMMENT ON COLUMN {{.sessions}}.credits.is_paid IS 'The touch is paid.';
COMMENT ON COLUMN {{.sessions}}.credits.credit IS 'Share of the conversion, over 0 to 1.';

CREATE TABLE {{.sessions}}.spend (
    spent_on date NOT NULL,
    source   text,
    medium   text,
    campaign text,
    channel  text NOT NULL,
    cost     numeric NOT NULL,
    currency text NOT NULL
);
CREATE INDEX ON {{.sessions}}.spend (spent_on);
COMMENT ON TABLE {{.sessions}}.spend IS 'What was spent on marketing, summed from the table or file named in money.spend at the last run, one row a day, source, medium, campaign and currency, source and medium folded as those of touches; made anew every run.';
COMMENT ON COLUMN {{.sessions}}.spend.spent_on IS 'The day.';
COMMENT ON COLUMN {{.sessions}}.spend.source IS 'Source, trimmed and lower-cased; NULL where absent.';
COMMENT ON COLUMN {{.sessions}}.spend.medium IS 'Medium, trimmed and lower-cased; NULL where absent.';
COMMENT ON COLUMN {{.sessions}}.spend.campaign IS 'Campaign, trimmed; NULL where absent.';
COMMENT ON COLUMN {{.sessions}}.spend.channel IS 'Channel of these by the channel rules.';
COMMENT ON COLUMN {{.sessions}}.spend.cost IS 'What it cost.';
COMMENT ON COLUMN {{.sessions}}.spend.currency IS 'Currency of cost, in capitals.';

CREATE TABLE {{.sessions}}.revenue (
    alias_id      text COLLATE "C",
    is_identified boolean,
    currency      text NOT NULL,
    amount        numeric NOT NULL,
    payment_count bigint NOT NULL,
    first_paid_at timestamptz NOT NULL,
    last_paid_at  timestamptz NOT NULL
);
CREATE INDEX ON {{.sessions}}.revenue (alias_id);
COMMENT ON TABLE {{.sessions}}.revenue IS 'What each person paid until the last run, summed from the table or query named in money.revenue, one row a person and currency; made anew every run. One row a currency without a person, for users never seen in events.';
COMMENT ON COLUMN {{.sessions}}.revenue.alias_id IS 'The person; NULL: users never seen in events.';
COMMENT ON COLUMN {{.sessions}}.revenue.is_identified IS 'The person is a user, not an anonymous visitor.';
COMMENT ON COLUMN {{.sessions}}.revenue.currency IS 'Currency of amount, in capitals.';
COMMENT ON COLUMN {{.sessions}}.revenue.amount IS 'Sum of the payments.';
COMMENT ON COLUMN {{.sessions}}.revenue.payment_count IS 'How many there were.';
COMMENT ON COLUMN {{.sessions}}.revenue.first_paid_at IS 'Time of the first.';
COMMENT ON COLUMN {{.sessions}}.revenue.last_paid_at IS 'Time of the last.';

CREATE TABLE {{.sessions}}.channel_performance (
    day                     date NOT NULL,
    conversion              text COLLATE "C" NOT NULL,
    model                   text COLLATE "C" NOT NULL,
    channel                 text,
    source                  text,
    medium                  text,
    campaign                text,
    currency                text NOT NULL,
    conversions             double precision NOT NULL,
    first_visit_conversions double precision NOT NULL,
    revenue                 double precision NOT NULL,
    spend                   double precision NOT NULL,
    cac                     double precision,
    roas                    double precision,
    ltv                     double precision,
    first_visit_share       double precision
);
CREATE INDEX ON {{.sessions}}.channel_performance (conversion, model, day);
COMMENT ON TABLE {{.sessions}}.channel_performance IS 'Conversions, revenue and spend by day, channel and campaign, a row for each conversion and model that has any of them; made anew every run where money.spend, money.revenue or the value of a conversion is named, else empty: credits has the conversions. The same spend stands beside every conversion and model, so always ask for one of each. Spend without conversions and conversions without spend are rows too; so sums are whole.';
COMMENT ON COLUMN {{.sessions}}.channel_performance.day IS 'UTC day: of the conversion, and of the spend.';
COMMENT ON COLUMN {{.sessions}}.channel_performance.conversion IS 'signup, or the name given in conversions.';
COMMENT ON COLUMN {{.sessions}}.channel_performance.model IS 'The model that shares the conversions out, as in sessions.credits.';
COMMENT ON COLUMN {{.sessions}}.channel_performance.channel IS 'Channel of the touches, or of the spend; NULL: credit no touch can have, and revenue of persons who never signed up.';
COMMENT ON COLUMN {{.sessions}}.channel_performance.source IS 'Their source.';
COMMENT ON COLUMN {{.sessions}}.channel_performance.medium IS 'Their medium.';
COMMENT ON COLUMN {{.sessions}}.channel_performance.campaign IS 'Their campaign.';
COMMENT ON COLUMN {{.sessions}}.channel_performance.currency IS 'Currency of revenue and spend: the reporting currency (money.currency), or one that money.rates has no rate for, whose rows have no conversions.';
COMMENT ON COLUMN {{.sessions}}.channel_performance.conversions IS 'Credit earned: conversions, shared by the model.';
COMMENT ON COLUMN {{.sessions}}.channel_performance.first_visit_conversions IS 'Those of them made on the person''s first visit.';
COMMENT ON COLUMN {{.sessions}}.channel_performance.revenue IS 'Of a signup all that the person paid until the last run where money.revenue is given; else the value of the conversion. Shared by the model.';
COMMENT ON COLUMN {{.sessions}}.channel_performance.spend IS 'What was spent on the day.';
COMMENT ON COLUMN {{.sessions}}.channel_performance.cac IS 'Cost of a conversion: spend / conversions; NULL without either.';
COMMENT ON COLUMN {{.sessions}}.channel_performance.roas IS 'Return on spend: revenue / spend; NULL without spend.';
COMMENT ON COLUMN {{.sessions}}.channel_performance.ltv IS 'Revenue of a conversion: revenue / conversions; NULL without conversions.';
COMMENT ON COLUMN {{.sessions}}.channel_performance.first_visit_share IS 'first_visit_conversions / conversions; NULL without conversions.';

CREATE VIEW {{.sessions}}.retention AS
SELECT d.dimension, d.value, w.week, count(*) AS signups, count(*) FILTER (WHERE w.is_active) AS active,
    count(*) FILTER (WHERE w.is_active)::double precision / count(*) AS share
FROM {{.sessions}}.attribution AS a
JOIN {{.sessions}}.persons AS p ON p.alias_id = a.alias_id AND p.is_identified = a.is_identified
CROSS JOIN LATERAL (VALUES
    ('source', a.first_touch_source), ('channel', a.first_touch_channel), ('campaign', a.first_touch_campaign),
    ('landing_page', a.first_touch_landing_page), ('all', NULL)
) AS d (dimension, value)
CROSS JOIN LATERAL (VALUES
    (1, p.active_in_week_1), (4, p.active_in_week_4), (12, p.active_in_week_12), (26, p.active_in_week_26)
) AS w (week, is_active)
WHERE a.signup_timestamp + (w.week + 1) * interval '168 hours' <= (SELECT newest_event FROM {{.ops}}.published WHERE table_name = 'persons')
GROUP BY d.dimension, d.value, w.week;
COMMENT ON VIEW {{.sessions}}.retention IS 'How many of the signed-up came back, by where they came from first: of those who signed up long enough ago that the week is over by the newest event.';
COMMENT ON COLUMN {{.sessions}}.retention.dimension IS 'What value is of the first touch: source, channel, campaign, landing_page; or all.';
COMMENT ON COLUMN {{.sessions}}.retention.value IS 'Its value; NULL where absent, and for all.';
COMMENT ON COLUMN {{.sessions}}.retention.week IS '1, 4, 12 or 26: the seven days that begin so many times seven days after the signup.';
COMMENT ON COLUMN {{.sessions}}.retention.signups IS 'Persons signed up long enough ago.';
COMMENT ON COLUMN {{.sessions}}.retention.active IS 'Those with a session begun in that week.';
COMMENT ON COLUMN {{.sessions}}.retention.share IS 'active / signups.';
