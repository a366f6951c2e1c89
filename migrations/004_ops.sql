-- Runs, watermarks, worklists and counters.

CREATE SEQUENCE {{.ops}}.extract_ids;
CREATE SEQUENCE {{.ops}}.dirty_marks;

CREATE TABLE {{.ops}}.runs (
    run_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    started_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz,
    as_of       timestamptz NOT NULL,
    state       text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'done', 'failed', 'interrupted')),
    is_full     boolean NOT NULL,
    stages      text[] NOT NULL,
    version     text NOT NULL,
    error       text,
    options     jsonb NOT NULL DEFAULT '{}',
    retry_of    bigint REFERENCES {{.ops}}.runs,
    token       text NOT NULL DEFAULT gen_random_uuid()::text UNIQUE
);
COMMENT ON TABLE {{.ops}}.runs IS 'One row a run.';
COMMENT ON COLUMN {{.ops}}.runs.run_id IS 'Number of the run.';
COMMENT ON COLUMN {{.ops}}.runs.started_at IS 'Start, by the database''s clock.';
COMMENT ON COLUMN {{.ops}}.runs.finished_at IS 'End; NULL while running or after a kill.';
COMMENT ON COLUMN {{.ops}}.runs.as_of IS 'The run''s clock: only rows loaded at or before it are taken in.';
COMMENT ON COLUMN {{.ops}}.runs.state IS 'running, done, failed or interrupted.';
COMMENT ON COLUMN {{.ops}}.runs.is_full IS 'Run with --full.';
COMMENT ON COLUMN {{.ops}}.runs.stages IS 'The stages it was asked to run.';
COMMENT ON COLUMN {{.ops}}.runs.version IS 'Version of the program.';
COMMENT ON COLUMN {{.ops}}.runs.error IS 'Why it failed.';
COMMENT ON COLUMN {{.ops}}.runs.options IS 'What else it was asked: allow_shrink, reconcile, strict.';
COMMENT ON COLUMN {{.ops}}.runs.retry_of IS 'The failed run it goes on with.';
COMMENT ON COLUMN {{.ops}}.runs.token IS 'Made up by the process, so that a run whose beginning was not answered is not begun twice.';

CREATE TABLE {{.ops}}.stage_runs (
    run_id       bigint NOT NULL REFERENCES {{.ops}}.runs,
    stage        text NOT NULL,
    attempt      integer NOT NULL,
    started_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at  timestamptz,
    state        text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'done', 'failed', 'interrupted')),
    rows_in      bigint,
    rows_changed bigint,
    counters     jsonb,
    error        text,
    error_class  text,
    next_try_at  timestamptz,
    PRIMARY KEY (run_id, stage, attempt)
);
COMMENT ON TABLE {{.ops}}.stage_runs IS 'One row an attempt at a stage.';
COMMENT ON COLUMN {{.ops}}.stage_runs.run_id IS 'The run.';
COMMENT ON COLUMN {{.ops}}.stage_runs.stage IS 'Name of the stage.';
COMMENT ON COLUMN {{.ops}}.stage_runs.attempt IS 'Number of the attempt, from 1.';
COMMENT ON COLUMN {{.ops}}.stage_runs.started_at IS 'Start.';
COMMENT ON COLUMN {{.ops}}.stage_runs.finished_at IS 'End; NULL while running or after a kill.';
COMMENT ON COLUMN {{.ops}}.stage_runs.state IS 'running, done, failed or interrupted.';
COMMENT ON COLUMN {{.ops}}.stage_runs.rows_in IS 'Rows read.';
COMMENT ON COLUMN {{.ops}}.stage_runs.rows_changed IS 'Rows inserted or deleted.';
COMMENT ON COLUMN {{.ops}}.stage_runs.counters IS 'What else the stage counted, by name.';
COMMENT ON COLUMN {{.ops}}.stage_runs.error IS 'Why it failed.';
COMMENT ON COLUMN {{.ops}}.stage_runs.error_class IS 'What kind of error that was: connection, contention, permanent, …; it decides whether and when there is another try.';
COMMENT ON COLUMN {{.ops}}.stage_runs.next_try_at IS 'When the next attempt was due; NULL: there was to be none.';

CREATE TABLE {{.ops}}.high_water_marks (
    source         text NOT NULL,
    source_table   text NOT NULL,
    load_time      timestamptz,
    first_as_of    timestamptz,
    next_month     date,
    PRIMARY KEY (source, source_table)
);
COMMENT ON TABLE {{.ops}}.high_water_marks IS 'How far each source table has been taken in.';
COMMENT ON COLUMN {{.ops}}.high_water_marks.source IS 'Schema of the source.';
COMMENT ON COLUMN {{.ops}}.high_water_marks.source_table IS 'Its table.';
COMMENT ON COLUMN {{.ops}}.high_water_marks.load_time IS 'Greatest load time (uuid_ts, else received_at) taken in.';
COMMENT ON COLUMN {{.ops}}.high_water_marks.first_as_of IS 'While the first reading goes on: the as-of it is read at; NULL once it is complete.';
COMMENT ON COLUMN {{.ops}}.high_water_marks.next_month IS 'While the first reading goes on: the next month to read.';

CREATE TABLE {{.ops}}.source_days (
    source       text NOT NULL,
    source_table text NOT NULL,
    day          date NOT NULL,
    row_count    bigint NOT NULL,
    PRIMARY KEY (source, source_table, day)
);
COMMENT ON TABLE {{.ops}}.source_days IS 'For source tables without uuid_ts: rows by UTC day of received_at when last read. A day whose count differs is read again.';
COMMENT ON COLUMN {{.ops}}.source_days.source IS 'Schema of the source.';
COMMENT ON COLUMN {{.ops}}.source_days.source_table IS 'Its table.';
COMMENT ON COLUMN {{.ops}}.source_days.day IS 'UTC day of received_at.';
COMMENT ON COLUMN {{.ops}}.source_days.row_count IS 'Rows it had.';

CREATE TABLE {{.ops}}.source_columns (
    source       text NOT NULL,
    source_table text NOT NULL,
    column_name  text NOT NULL,
    data_type    text NOT NULL,
    PRIMARY KEY (source, source_table, column_name)
);
COMMENT ON TABLE {{.ops}}.source_columns IS 'The columns each source table had at the last run, to notice what was added, went missing or changed type.';
COMMENT ON COLUMN {{.ops}}.source_columns.source IS 'Schema of the source.';
COMMENT ON COLUMN {{.ops}}.source_columns.source_table IS 'Its table.';
COMMENT ON COLUMN {{.ops}}.source_columns.column_name IS 'The column.';
COMMENT ON COLUMN {{.ops}}.source_columns.data_type IS 'Its type.';

CREATE TABLE {{.ops}}.rejected_rows (
    stage        text NOT NULL,
    source       text NOT NULL,
    kind         smallint NOT NULL,
    row_md5      text NOT NULL,
    load_time    timestamptz NOT NULL,
    copy         bigint NOT NULL,
    reason       text NOT NULL,
    id           text,
    received_at  timestamptz,
    anonymous_id text,
    user_id      text,
    run_id       bigint NOT NULL,
    PRIMARY KEY (source, kind, row_md5, load_time, copy)
);
COMMENT ON TABLE {{.ops}}.rejected_rows IS 'Source rows that were not taken in, and why. Counted once, however often they are read.';
COMMENT ON COLUMN {{.ops}}.rejected_rows.stage IS 'The stage that rejected the row.';
COMMENT ON COLUMN {{.ops}}.rejected_rows.source IS 'Schema of the source.';
COMMENT ON COLUMN {{.ops}}.rejected_rows.kind IS 'Segment call, 1 page to 5 alias.';
COMMENT ON COLUMN {{.ops}}.rejected_rows.row_md5 IS 'md5 of the row.';
COMMENT ON COLUMN {{.ops}}.rejected_rows.load_time IS 'uuid_ts, else received_at, else -infinity.';
COMMENT ON COLUMN {{.ops}}.rejected_rows.copy IS 'Number among equal rows, from 1.';
COMMENT ON COLUMN {{.ops}}.rejected_rows.reason IS 'no_identifier, received_at or too_long.';
COMMENT ON COLUMN {{.ops}}.rejected_rows.id IS 'Its id, first 100 characters.';
COMMENT ON COLUMN {{.ops}}.rejected_rows.received_at IS 'Its received_at.';
COMMENT ON COLUMN {{.ops}}.rejected_rows.anonymous_id IS 'Its anonymous_id, first 100 characters.';
COMMENT ON COLUMN {{.ops}}.rejected_rows.user_id IS 'Its user_id, first 100 characters.';
COMMENT ON COLUMN {{.ops}}.rejected_rows.run_id IS 'The run that rejected it.';

CREATE TABLE {{.ops}}.duplicate_rows (
    source      text NOT NULL,
    kind        smallint NOT NULL,
    row_md5     text NOT NULL,
    load_time   timestamptz NOT NULL,
    copy        bigint NOT NULL,
    id          text NOT NULL,
    received_at timestamptz NOT NULL,
    run_id      bigint NOT NULL,
    PRIMARY KEY (source, kind, row_md5, load_time, copy)
);
COMMENT ON TABLE {{.ops}}.duplicate_rows IS 'Copies of rows taken in: same source, kind and id. Counted once, however often they are read.';
COMMENT ON COLUMN {{.ops}}.duplicate_rows.source IS 'Schema of the source.';
COMMENT ON COLUMN {{.ops}}.duplicate_rows.kind IS 'Segment call, 1 page to 5 alias.';
COMMENT ON COLUMN {{.ops}}.duplicate_rows.row_md5 IS 'md5 of the copy.';
COMMENT ON COLUMN {{.ops}}.duplicate_rows.load_time IS 'uuid_ts, else received_at, of the copy.';
COMMENT ON COLUMN {{.ops}}.duplicate_rows.copy IS 'Number among equal copies, from 1.';
COMMENT ON COLUMN {{.ops}}.duplicate_rows.id IS 'The id it shares with the row taken in.';
COMMENT ON COLUMN {{.ops}}.duplicate_rows.received_at IS 'received_at of the copy.';
COMMENT ON COLUMN {{.ops}}.duplicate_rows.run_id IS 'The run that found it.';

CREATE TABLE {{.ops}}.counters (
    received_month date PRIMARY KEY,
    newest         timestamptz,
    taken_in       bigint NOT NULL DEFAULT 0,
    in_visits      bigint NOT NULL DEFAULT 0,
    server         bigint NOT NULL DEFAULT 0,
    ignored        bigint NOT NULL DEFAULT 0,
    rejected       bigint NOT NULL DEFAULT 0
);
COMMENT ON TABLE {{.ops}}.counters IS 'Where the events of each month went, kept in the transactions that did the work: taken_in = in_visits + server + ignored + rejected once no work waits.';
COMMENT ON COLUMN {{.ops}}.counters.received_month IS 'First day of the UTC month of received_at.';
COMMENT ON COLUMN {{.ops}}.counters.newest IS 'Greatest received_at taken in.';
COMMENT ON COLUMN {{.ops}}.counters.taken_in IS 'Rows in app_tracks.';
COMMENT ON COLUMN {{.ops}}.counters.in_visits IS 'Events in visits, hence in sessions.';
COMMENT ON COLUMN {{.ops}}.counters.server IS 'Server events.';
COMMENT ON COLUMN {{.ops}}.counters.ignored IS 'Events named in ignore_events.';
COMMENT ON COLUMN {{.ops}}.counters.rejected IS 'Events whose identifiers are all blocked.';

CREATE TABLE {{.ops}}.dirty_months (
    received_month date PRIMARY KEY,
    reason         text NOT NULL
);
COMMENT ON TABLE {{.ops}}.dirty_months IS 'Worklist of stage 2: months to sessionize whole.';
COMMENT ON COLUMN {{.ops}}.dirty_months.received_month IS 'First day of the UTC month of received_at.';
COMMENT ON COLUMN {{.ops}}.dirty_months.reason IS 'Why.';

CREATE TABLE {{.ops}}.dirty_pairs (
    received_month date NOT NULL,
    anonymous_id   text COLLATE "C" NOT NULL,
    user_id        text COLLATE "C" NOT NULL,
    rebuild        boolean NOT NULL,
    extract_id     bigint NOT NULL
);
COMMENT ON TABLE {{.ops}}.dirty_pairs IS 'Worklist of stage 2: pairs with rows inserted, removed or replaced, by month.';
COMMENT ON COLUMN {{.ops}}.dirty_pairs.received_month IS 'First day of the UTC month of received_at.';
COMMENT ON COLUMN {{.ops}}.dirty_pairs.anonymous_id IS 'As in app_tracks; on aliases rows the previous_id.';
COMMENT ON COLUMN {{.ops}}.dirty_pairs.user_id IS 'As in app_tracks.';
COMMENT ON COLUMN {{.ops}}.dirty_pairs.rebuild IS 'A row was removed or replaced: the pair''s month is derived anew. Else the new rows are appended.';
COMMENT ON COLUMN {{.ops}}.dirty_pairs.extract_id IS 'The extraction whose rows they are.';

CREATE TABLE {{.ops}}.dirty_edges (
    anonymous_id      text COLLATE "C" NOT NULL,
    user_id           text COLLATE "C" NOT NULL,
    is_alias          boolean NOT NULL,
    rebuild           boolean NOT NULL,
    first_at          timestamptz,
    first_kind        smallint,
    first_received_at timestamptz,
    first_source      text COLLATE "C",
    first_id          text COLLATE "C"
);
COMMENT ON TABLE {{.ops}}.dirty_edges IS 'Worklist of stage 3: pairs sighted, with the least new row; or to be derived anew.';
COMMENT ON COLUMN {{.ops}}.dirty_edges.anonymous_id IS 'As in all_sightings.';
COMMENT ON COLUMN {{.ops}}.dirty_edges.user_id IS 'As in all_sightings.';
COMMENT ON COLUMN {{.ops}}.dirty_edges.is_alias IS 'As in all_sightings.';
COMMENT ON COLUMN {{.ops}}.dirty_edges.rebuild IS 'Sightings were removed: take the least of those left.';
COMMENT ON COLUMN {{.ops}}.dirty_edges.first_at IS 'Event time of the least new row.';
COMMENT ON COLUMN {{.ops}}.dirty_edges.first_kind IS 'Its Segment call.';
COMMENT ON COLUMN {{.ops}}.dirty_edges.first_received_at IS 'Its received_at.';
COMMENT ON COLUMN {{.ops}}.dirty_edges.first_source IS 'Its source.';
COMMENT ON COLUMN {{.ops}}.dirty_edges.first_id IS 'Its id.';

CREATE TABLE {{.ops}}.dirty_identifiers (
    user_id           text COLLATE "C" NOT NULL,
    anonymous_id      text COLLATE "C" NOT NULL,
    old_alias_id      text COLLATE "C",
    old_is_identified boolean
);
COMMENT ON TABLE {{.ops}}.dirty_identifiers IS 'Worklist of stage 4: identifiers whose visits, conversions or person changed.';
COMMENT ON COLUMN {{.ops}}.dirty_identifiers.user_id IS 'The user_id, or empty.';
COMMENT ON COLUMN {{.ops}}.dirty_identifiers.anonymous_id IS 'The anonymous_id, where user_id is empty.';
COMMENT ON COLUMN {{.ops}}.dirty_identifiers.old_alias_id IS 'The person it belonged to before, where that changed.';
COMMENT ON COLUMN {{.ops}}.dirty_identifiers.old_is_identified IS 'Whether that was a user.';

CREATE TABLE {{.ops}}.dirty_persons (
    alias_id      text COLLATE "C" NOT NULL,
    is_identified boolean NOT NULL,
    mark          bigint NOT NULL,
    visit_count   bigint NOT NULL DEFAULT 0,
    visit_months  date[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (alias_id, is_identified)
);
COMMENT ON TABLE {{.ops}}.dirty_persons IS 'Worklist of stages 5 to 7: persons to be rewritten whole, cleared when they are published.';
COMMENT ON COLUMN {{.ops}}.dirty_persons.alias_id IS 'The person.';
COMMENT ON COLUMN {{.ops}}.dirty_persons.is_identified IS 'Whether it is a user.';
COMMENT ON COLUMN {{.ops}}.dirty_persons.mark IS 'When it was last marked; a person marked again after stage 5 stays dirty.';
COMMENT ON COLUMN {{.ops}}.dirty_persons.visit_count IS 'Visits to merge.';
COMMENT ON COLUMN {{.ops}}.dirty_persons.visit_months IS 'Months of reception in which they lie.';

CREATE TABLE {{.ops}}.dirty_ids (
    source text COLLATE "C" NOT NULL,
    kind   smallint NOT NULL,
    id     text COLLATE "C" NOT NULL,
    PRIMARY KEY (source, kind, id)
);
COMMENT ON TABLE {{.ops}}.dirty_ids IS 'Worklist: ids to be read at the source again, since a row of which there were copies was removed.';
COMMENT ON COLUMN {{.ops}}.dirty_ids.source IS 'Schema of the Segment source.';
COMMENT ON COLUMN {{.ops}}.dirty_ids.kind IS 'Segment call, 1 page to 5 alias.';
COMMENT ON COLUMN {{.ops}}.dirty_ids.id IS 'Segment''s messageId.';

CREATE TABLE {{.ops}}.dirty_stages (
    stage  text PRIMARY KEY,
    reason text NOT NULL,
    mark   bigint NOT NULL
);
COMMENT ON TABLE {{.ops}}.dirty_stages IS 'Worklist: stages that have to redo all they own (alias, resessionize), as after a changed setting.';
COMMENT ON COLUMN {{.ops}}.dirty_stages.stage IS 'The stage.';
COMMENT ON COLUMN {{.ops}}.dirty_stages.reason IS 'Why.';
COMMENT ON COLUMN {{.ops}}.dirty_stages.mark IS 'When it was last marked; a mark put down after the stage began stays.';

CREATE TABLE {{.ops}}.forgotten_key (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    key      bytea NOT NULL CHECK (octet_length(key) = 32)
);
COMMENT ON TABLE {{.ops}}.forgotten_key IS 'The random key that identifiers of forgotten persons are hashed with, made by the first attribution forget. Without it everybody forgotten comes back with the next full reading: back it up, and keep it from readers.';
COMMENT ON COLUMN {{.ops}}.forgotten_key.only_row IS 'There is at most one.';
COMMENT ON COLUMN {{.ops}}.forgotten_key.key IS '32 random bytes.';

CREATE TABLE {{.ops}}.forgotten (
    is_user      boolean NOT NULL,
    digest       bytea NOT NULL,
    forgotten_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (is_user, digest)
);
COMMENT ON TABLE {{.ops}}.forgotten IS 'All that is left of forgotten persons: a keyed hash of each identifier, so that stage 1 passes over the rows their sources still have.';
COMMENT ON COLUMN {{.ops}}.forgotten.is_user IS 'Of a user_id; else of an anonymous_id.';
COMMENT ON COLUMN {{.ops}}.forgotten.digest IS 'HMAC-SHA256 of the trimmed identifier in UTF-8, under forgotten_key.';
COMMENT ON COLUMN {{.ops}}.forgotten.forgotten_at IS 'When it was forgotten first.';

CREATE TABLE {{.ops}}.settings (
    stage       text PRIMARY KEY,
    fingerprint text NOT NULL
);
COMMENT ON TABLE {{.ops}}.settings IS 'Fingerprint of the settings each stage''s tables were made with.';
COMMENT ON COLUMN {{.ops}}.settings.stage IS 'The first stage the settings concern.';
COMMENT ON COLUMN {{.ops}}.settings.fingerprint IS 'Hash of the settings.';

CREATE TABLE {{.ops}}.prepared (
    only_row  boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    run_id    bigint NOT NULL,
    is_full   boolean NOT NULL,
    last_stage text NOT NULL,
    mark       bigint
);
COMMENT ON TABLE {{.ops}}.prepared IS 'What is built aside and waits to be published.';
COMMENT ON COLUMN {{.ops}}.prepared.only_row IS 'There is at most one.';
COMMENT ON COLUMN {{.ops}}.prepared.run_id IS 'The run whose suffix the tables bear.';
COMMENT ON COLUMN {{.ops}}.prepared.is_full IS 'All persons, to be swapped in; else the dirty ones, to be merged.';
COMMENT ON COLUMN {{.ops}}.prepared.last_stage IS 'The last stage that completed on them: resessionize or signup.';
COMMENT ON COLUMN {{.ops}}.prepared.mark IS 'The mark in dirty_stages they answer.';

CREATE TABLE {{.ops}}.published (
    table_name   text PRIMARY KEY,
    run_id       bigint NOT NULL,
    newest_event timestamptz,
    published_at timestamptz NOT NULL,
    row_count    bigint NOT NULL
);
COMMENT ON TABLE {{.ops}}.published IS 'When each table was last published; read it as sessions.freshness.';
COMMENT ON COLUMN {{.ops}}.published.table_name IS 'The table.';
COMMENT ON COLUMN {{.ops}}.published.run_id IS 'The run that published it.';
COMMENT ON COLUMN {{.ops}}.published.newest_event IS 'received_at of the newest event taken in by then.';
COMMENT ON COLUMN {{.ops}}.published.published_at IS 'When.';
COMMENT ON COLUMN {{.ops}}.published.row_count IS 'Rows the table had then; a gate looks whether it shrinks.';

CREATE VIEW {{.sessions}}.freshness AS
SELECT table_name, run_id, newest_event, published_at FROM {{.ops}}.published;
COMMENT ON VIEW {{.sessions}}.freshness IS 'For each published table its run, its newest event and when it was published.';
COMMENT ON COLUMN {{.sessions}}.freshness.table_name IS 'The table.';
COMMENT ON COLUMN {{.sessions}}.freshness.run_id IS 'The run that published it.';
COMMENT ON COLUMN {{.sessions}}.freshness.newest_event IS 'received_at of the newest event taken in by then.';
COMMENT ON COLUMN {{.sessions}}.freshness.published_at IS 'When.';

CREATE TABLE {{.ops}}.totals (
    only_row         boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    in_sessions      bigint NOT NULL DEFAULT 0,
    checked_extract  bigint NOT NULL DEFAULT 0
);
INSERT INTO {{.ops}}.totals DEFAULT VALUES;
COMMENT ON TABLE {{.ops}}.totals IS 'Totals over all time, kept in the transactions that did the work.';
COMMENT ON COLUMN {{.ops}}.totals.only_row IS 'There is one row.';
COMMENT ON COLUMN {{.ops}}.totals.in_sessions IS 'Events in published sessions: once no work waits, the sum of counters.in_visits.';
COMMENT ON COLUMN {{.ops}}.totals.checked_extract IS 'The last extraction whose rows stage 8 has checked for copies.';

COMMENT ON TABLE {{.ops}}.schema_version IS 'The number of the last migration that ran.';
COMMENT ON COLUMN {{.ops}}.schema_version.version IS 'That number.';
