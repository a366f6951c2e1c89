-- The persons of the graph's anonymous_ids. Writes: a temporary table, filled by COPY.
CREATE TEMPORARY TABLE resolved_anonymous (
    anonymous_id  text COLLATE "C" PRIMARY KEY,
    alias_id      text COLLATE "C" NOT NULL,
    is_identified boolean NOT NULL,
    is_shared     boolean NOT NULL,
    is_cut        boolean NOT NULL,
    person_count  integer NOT NULL
) ON COMMIT DROP
