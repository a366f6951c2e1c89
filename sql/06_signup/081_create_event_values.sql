-- What conversions are worth, as their events' tables say it. Writes: the new table.
CREATE TABLE {{aside "stages" "event_values" .Run}} (
    source      text COLLATE "C" NOT NULL,
    conversion  text COLLATE "C" NOT NULL,
    id          text COLLATE "C" NOT NULL,
    received_at timestamptz,
    uuid_ts     timestamptz,
    value       text COLLATE "C" NOT NULL,
    currency    text COLLATE "C"
)
