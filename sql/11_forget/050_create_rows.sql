-- The rows taken in that name them, until the transaction ends. Writes: a temporary table.
CREATE TEMPORARY TABLE forgotten_rows (
    identities   boolean NOT NULL,
    source       text COLLATE "C" NOT NULL,
    kind         smallint NOT NULL,
    id           text COLLATE "C" NOT NULL,
    received_at  timestamptz NOT NULL,
    anonymous_id text COLLATE "C" NOT NULL,
    user_id      text COLLATE "C" NOT NULL,
    previous_id  text COLLATE "C" NOT NULL
) ON COMMIT DROP
