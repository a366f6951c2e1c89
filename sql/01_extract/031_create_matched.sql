-- Which rows already taken in are copies of incoming ones, until the transaction ends. Writes: a temporary table.
-- verdict: 0 the very same row, 1 the one taken in is less and stays, 2 the incoming one is less and replaces it.
CREATE TEMPORARY TABLE matched (
    n           bigint NOT NULL,
    id          text COLLATE "C" NOT NULL,
    received_at timestamptz NOT NULL,
    verdict     smallint NOT NULL
) ON COMMIT DROP
