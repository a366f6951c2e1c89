-- Five signups small enough to work every question out by hand.
--
--   anna   organic search (blog) 4 Mar, ad (spring) 7 Mar, direct 9 Mar: signs up; pays 100 USD; is also ann2
--   ben    ad (spring) 20 Mar: signs up; pays 50 USD and 30 EUR
--   cleo   facebook (blog) 15 Mar, direct 25 Mar: signs up
--   dan    direct 10 Feb: signs up
--   eva    30 Mar: signed up by a back end, no session
--   v1     a visitor by search who never signed up
--
-- The data ends on 2 April 2024.
CREATE TABLE session_stages.all_tracks_default_signup PARTITION OF sessions.all_sessions DEFAULT;
INSERT INTO sessions.all_sessions (session_id, alias_id, is_identified, session_index, started_at, ended_at, event_count, page_count, channel, is_paid, is_signup_session, bot_event_count) VALUES
('s1', 'anna', true, 1, '2024-03-04 10:00Z', '2024-03-04 10:05Z', 2, 2, 'Organic Search', false, false, 0),
('s2', 'anna', true, 2, '2024-03-07 10:00Z', '2024-03-07 10:00Z', 1, 1, 'Paid Search', true, false, 0),
('s3', 'anna', true, 3, '2024-03-09 10:00Z', '2024-03-09 10:10Z', 3, 2, 'Direct', false, true, 0),
('s4', 'ben', true, 1, '2024-03-20 09:00Z', '2024-03-20 09:10Z', 3, 2, 'Paid Search', true, true, 0),
('s5', 'cleo', true, 1, '2024-03-15 09:00Z', '2024-03-15 09:00Z', 1, 1, 'Organic Social', false, false, 0),
('s6', 'cleo', true, 2, '2024-03-25 09:00Z', '2024-03-25 09:00Z', 2, 1, 'Direct', false, true, 0),
('s7', 'dan', true, 1, '2024-02-10 09:00Z', '2024-02-10 09:00Z', 2, 1, 'Direct', false, true, 0),
('s8', 'v1', false, 1, '2024-03-21 09:00Z', '2024-03-21 09:00Z', 1, 1, 'Organic Search', false, false, 0);

INSERT INTO sessions.touches (alias_id, is_identified, position, session_id, touched_at, source, medium, campaign, landing_page, channel, is_paid, is_before_signup) VALUES
('anna', true, 1, 's1', '2024-03-04 10:00Z', 'google', 'organic', NULL, 'https://shop.example/blog/laces?ref=1', 'Organic Search', false, true),
('anna', true, 2, 's2', '2024-03-07 10:00Z', 'google', 'cpc', 'spring', 'https://shop.example/shoes?gclid=x', 'Paid Search', true, true),
('anna', true, 3, 's3', '2024-03-09 10:00Z', '(direct)', '(none)', NULL, 'https://shop.example/', 'Direct', false, true),
('ben', true, 1, 's4', '2024-03-20 09:00Z', 'google', 'cpc', 'spring', 'https://shop.example/shoes?gclid=y', 'Paid Search', true, true),
('cleo', true, 1, 's5', '2024-03-15 09:00Z', 'facebook', 'social', NULL, 'https://shop.example/blog/laces#top', 'Organic Social', false, true),
('cleo', true, 2, 's6', '2024-03-25 09:00Z', '(direct)', '(none)', NULL, 'https://shop.example/', 'Direct', false, true),
('dan', true, 1, 's7', '2024-02-10 09:00Z', '(direct)', '(none)', NULL, 'https://shop.example/', 'Direct', false, true),
('v1', false, 1, 's8', '2024-03-21 09:00Z', 'google', 'organic', NULL, 'https://shop.example/', 'Organic Search', false, NULL);

INSERT INTO sessions.attribution (alias_id, is_identified, session_count_before_signup, signup_timestamp, blog_url,
    first_touch_timestamp, first_touch_source, first_touch_medium, first_touch_campaign, first_touch_channel, last_touch_timestamp, last_touch_channel, first_attributed_touch_timestamp) VALUES
('anna', true, 3, '2024-03-09 10:10Z', 'https://shop.example/blog/laces?ref=1', '2024-03-04 10:00Z', 'google', 'organic', NULL, 'Organic Search', '2024-03-09 10:00Z', 'Direct', '2024-03-07 10:00Z'),
('ben', true, 1, '2024-03-20 09:10Z', NULL, '2024-03-20 09:00Z', 'google', 'cpc', 'spring', 'Paid Search', '2024-03-20 09:00Z', 'Paid Search', '2024-03-20 09:00Z'),
('cleo', true, 2, '2024-03-25 09:00Z', 'https://shop.example/blog/laces#top', '2024-03-15 09:00Z', 'facebook', 'social', NULL, 'Organic Social', '2024-03-25 09:00Z', 'Direct', NULL),
('dan', true, 1, '2024-02-10 09:00Z', NULL, '2024-02-10 09:00Z', '(direct)', '(none)', NULL, 'Direct', '2024-02-10 09:00Z', 'Direct', NULL),
('eva', true, 0, '2024-03-30 09:00Z', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);

-- Dan came back in the fourth week, anna in the first.
INSERT INTO sessions.persons (alias_id, is_identified, session_count, event_count, page_count, bot_event_count, is_bot, is_signed_up, signup_timestamp, active_in_week_1, active_in_week_4, active_in_week_12, active_in_week_26, traits)
SELECT alias_id, is_identified, session_count_before_signup, 1, 1, 0, false, true, signup_timestamp, alias_id = 'anna', alias_id = 'dan', false, false, '{}' FROM sessions.attribution;
INSERT INTO sessions.persons (alias_id, is_identified, session_count, event_count, page_count, bot_event_count, is_bot, is_signed_up, traits) VALUES ('v1', false, 1, 1, 1, 0, false, false, '{}');

INSERT INTO sessions.paths (alias_id, is_identified, conversion, number, position, converted_at, touched_at, channel, landing_page, is_paid,
    first_touch, last_touch, last_non_direct, first_paid, last_paid, linear, position_based, time_decay, shapley, markov_share)
SELECT t.alias_id, t.is_identified, 'signup', 1, t.position, a.signup_timestamp, t.touched_at, t.channel, t.landing_page, t.is_paid, credit[1], credit[2], credit[3], credit[4], credit[5], credit[6], credit[7], credit[8], credit[9], 1
FROM (VALUES
    ('anna', 1, '{1, 0, 0, 0, 0, 0.5, 0.4, 0.25, 0.5}'::float8[]), ('anna', 2, '{0, 0, 1, 1, 1, 0.25, 0.2, 0.25, 0.25}'), ('anna', 3, '{0, 1, 0, 0, 0, 0.25, 0.4, 0.5, 0.25}'),
    ('ben', 1, '{1, 1, 1, 1, 1, 1, 1, 1, 1}'),
    ('cleo', 1, '{1, 0, 1, 0, 0, 0.5, 0.5, 0.25, 0.5}'), ('cleo', 2, '{0, 1, 0, 0, 0, 0.5, 0.5, 0.75, 0.5}'),
    ('dan', 1, '{1, 1, 1, 0, 0, 1, 1, 1, 1}')
) AS c (alias_id, position, credit)
JOIN sessions.touches AS t USING (alias_id, position)
JOIN sessions.attribution AS a USING (alias_id);
INSERT INTO sessions.paths (alias_id, is_identified, conversion, number, position, converted_at, is_paid, first_touch, last_touch, last_non_direct, first_paid, last_paid, linear, position_based, time_decay, shapley, markov_share) VALUES
('cleo', true, 'signup', 1, 0, '2024-03-25 09:00Z', false, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0),
('dan', true, 'signup', 1, 0, '2024-02-10 09:00Z', false, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0),
('eva', true, 'signup', 1, 0, '2024-03-30 09:00Z', false, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1);
INSERT INTO sessions.channel_weights VALUES ('signup', 'Organic Search', 0.2), ('signup', 'Paid Search', 0.4), ('signup', 'Direct', 0.2), ('signup', 'Organic Social', 0.2);

INSERT INTO sessions.revenue (alias_id, is_identified, currency, amount, payment_count, first_paid_at, last_paid_at) VALUES
('anna', true, 'USD', 100, 1, '2024-03-10', '2024-03-10'), ('ben', true, 'USD', 50, 1, '2024-03-21', '2024-03-21'),
('ben', true, 'EUR', 30, 1, '2024-03-22', '2024-03-22'), (NULL, NULL, 'USD', 7, 1, '2024-03-22', '2024-03-22');

-- 60 for spring, over two days; 40 for brand, which no link names.
INSERT INTO sessions.channel_performance (day, conversion, model, channel, source, medium, campaign, currency, conversions, first_visit_conversions, revenue, spend) VALUES
('2024-02-10', 'signup', 'first_touch', 'Direct', '(direct)', '(none)', NULL, 'USD', 1, 1, 0, 0),
('2024-03-09', 'signup', 'first_touch', 'Organic Search', 'google', 'organic', NULL, 'USD', 1, 0, 100, 0),
('2024-03-19', 'signup', 'first_touch', 'Paid Search', 'google', 'cpc', 'spring', 'USD', 0, 0, 0, 20),
('2024-03-20', 'signup', 'first_touch', 'Paid Search', 'google', 'cpc', 'spring', 'USD', 1, 1, 50, 40),
('2024-03-20', 'signup', 'first_touch', 'Paid Search', 'google', 'cpc', 'brand', 'USD', 0, 0, 0, 40),
('2024-03-20', 'signup', 'last_touch', 'Paid Search', 'google', 'cpc', 'spring', 'USD', 1, 1, 50, 40),
('2024-03-25', 'signup', 'first_touch', 'Organic Social', 'facebook', 'social', NULL, 'USD', 1, 0, 0, 0),
('2024-03-30', 'signup', 'first_touch', NULL, NULL, NULL, NULL, 'USD', 1, 0, 0, 0);

CREATE TABLE public.users (id text PRIMARY KEY, account text);
INSERT INTO public.users VALUES ('anna', 'acme'), ('ann2', 'acme'), ('cleo', 'acme'), ('ben', 'other');
INSERT INTO aliases.user_ids (user_id, alias_id) VALUES ('anna', 'anna'), ('ann2', 'anna'), ('ben', 'ben'), ('cleo', 'cleo'), ('dan', 'dan'), ('eva', 'eva');
-- Of run 2; in run 1 dan was new.
INSERT INTO aliases.changes (run_id, recorded_at, is_user, identifier, old_alias_id, old_is_identified, new_alias_id, new_is_identified) VALUES
(1, '2024-04-01', true, 'dan', NULL, NULL, 'dan', true), (2, '2024-04-02', true, 'zoe', NULL, NULL, 'zoe', true), (2, '2024-04-02', true, 'ann2', 'ann2', true, 'anna', true),
(2, '2024-04-02', false, 'phone', 'phone', false, 'anna', true), (2, '2024-04-02', false, 'tablet', 'tablet', false, 'cleo', true);
INSERT INTO attribution_ops.published (table_name, run_id, newest_event, published_at, row_count)
SELECT t, 2, '2024-04-02 03:00Z', '2024-04-02 05:00Z', 1 FROM unnest('{attribution,persons}'::text[]) AS t;
