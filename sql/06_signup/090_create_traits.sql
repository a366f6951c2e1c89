-- What identify calls say of the persons this run rewrites, with their place in the order of events. Writes: the new table.
CREATE TABLE {{aside "stages" "traits" .Run}} (
    alias_id      text COLLATE "C" NOT NULL,
    is_identified boolean NOT NULL,
    at            timestamptz NOT NULL,
    received_at   timestamptz NOT NULL,
    source        text COLLATE "C" NOT NULL,
    id            text COLLATE "C" NOT NULL,
    traits        jsonb NOT NULL
)
