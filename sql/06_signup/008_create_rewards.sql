-- The conversions of each person this run rewrites. Writes: the new table.
CREATE TABLE {{aside "stages" "rewards" .Run}} (
    alias_id      text COLLATE "C" NOT NULL,
    is_identified boolean NOT NULL,
    conversion    text COLLATE "C" NOT NULL,
    number        bigint NOT NULL,
    converted_at  timestamptz NOT NULL,
    source        text COLLATE "C" NOT NULL,
    id            text COLLATE "C" NOT NULL
)
