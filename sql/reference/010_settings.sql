-- Purpose: the settings, one row, so that statements which take no parameters
--          (CREATE TABLE AS, the form that runs in parallel) can join them.
-- Reads:   nothing.
-- Writes:  settings.
-- Parameters: none.
CREATE UNLOGGED TABLE {{.Schema}}.settings (
    sources                    text[]      NOT NULL,
    signup_events              text[]      NOT NULL,
    ignore_events              text[]      NOT NULL,
    exclude_bots               boolean     NOT NULL,
    blocked                    text[]      NOT NULL, -- trimmed and lower-cased
    whitespace                 text        NOT NULL, -- every rune trimmed from identifiers
    upper_runes                text        NOT NULL, -- non-ASCII runes with a lower case …
    lower_runes                text        NOT NULL, -- … and the lower case of each
    reward_names               text[]      NOT NULL, -- conversions beside the signup …
    reward_events              text[]      NOT NULL, -- … and a name of a track of each, pairwise
    every_time                 text[]      NOT NULL, -- conversions of which each counts
    session_gap                interval    NOT NULL,
    lookback                   interval    NOT NULL, -- zero: none
    model_lookbacks            interval[]  NOT NULL, -- of each model; zero: none
    half_life                  interval    NOT NULL,
    dedup_window               interval    NOT NULL,
    policy                     text        NOT NULL, -- first or merge
    max_users_per_anonymous_id bigint      NOT NULL,
    max_component_size         bigint      NOT NULL,
    use_alias_calls            boolean     NOT NULL,
    direct_source              text        NOT NULL,
    direct_medium              text        NOT NULL,
    direct_channel             text        NOT NULL,
    direct_is_paid             boolean     NOT NULL,
    as_of                      timestamptz NOT NULL, -- infinity: every row
    sample_one_in              bigint      NOT NULL, -- 1: every person
    inner_pad                  bytea       NOT NULL, -- what identifiers of forgotten persons …
    outer_pad                  bytea       NOT NULL  -- … are hashed with; empty: nobody was forgotten
)
