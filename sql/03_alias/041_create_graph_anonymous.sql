-- The anonymous_ids whose person may change, likewise. Writes: a temporary table.
CREATE TEMPORARY TABLE graph_anonymous (anonymous_id text COLLATE "C" PRIMARY KEY) ON COMMIT DROP
