-- The signup of each person this run rewrites. Writes: the new table.
CREATE TABLE {{aside "stages" "signups" .Run}} (
    alias_id         text COLLATE "C" NOT NULL,
    is_identified    boolean NOT NULL,
    signup_timestamp timestamptz NOT NULL,
    PRIMARY KEY (alias_id, is_identified)
)
