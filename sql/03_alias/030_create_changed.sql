-- The edges and users that changed, until the transaction ends. Writes: a temporary table.
-- An edge has both identifiers; a user alone has anonymous_id ''.
CREATE TEMPORARY TABLE changed (
    anonymous_id text COLLATE "C" NOT NULL,
    user_id      text COLLATE "C" NOT NULL,
    is_alias     boolean NOT NULL
) ON COMMIT DROP
