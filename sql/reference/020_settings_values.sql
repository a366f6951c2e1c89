-- Purpose: fill in the one row of settings.
-- Reads:   nothing.
-- Writes:  settings.
-- Parameters: one for each column of settings, of its type; durations as intervals.
INSERT INTO {{.Schema}}.settings (
    sources, signup_events, ignore_events, exclude_bots, blocked, whitespace, upper_runes, lower_runes,
    reward_names, reward_events, every_time, session_gap, lookback, model_lookbacks, half_life, dedup_window, policy, max_users_per_anonymous_id, max_component_size, use_alias_calls,
    direct_source, direct_medium, direct_channel, direct_is_paid, as_of, sample_one_in, inner_pad, outer_pad
)
VALUES (
    @sources, @signup_events, @ignore_events, @exclude_bots, @blocked, @whitespace, @upper_runes, @lower_runes,
    @reward_names, @reward_events, @every_time, @session_gap, @lookback, @model_lookbacks, @half_life, @dedup_window, @policy, @max_users_per_anonymous_id, @max_component_size, @use_alias_calls,
    @direct_source, @direct_medium, @direct_channel, @direct_is_paid,
    coalesce(@as_of::timestamptz, 'infinity'), @sample_one_in, @inner_pad, @outer_pad
)
