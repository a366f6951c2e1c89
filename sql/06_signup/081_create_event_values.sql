-- What conversions are worth. Writes: the new table.
CREATE TABLE {{aside "stages" "event_values" .Run}} (
    source     text COLLATE "C" NOT NULL,
    conversion text COLLATE "C" NOT NULL,
    id         text COLLATE "C" NOT NULL,
    value      numeric NOT NULL,
    currency   text
)
