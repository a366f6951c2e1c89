-- The identifiers to be forgotten, until the transaction ends. Writes: a temporary table.
CREATE TEMPORARY TABLE forgotten_ids (
    is_user    boolean NOT NULL,
    identifier text COLLATE "C" NOT NULL,
    PRIMARY KEY (is_user, identifier)
) ON COMMIT DROP
