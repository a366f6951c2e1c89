-- The users whose person may change, to be grown to a closed part of the graph. Writes: a temporary table.
CREATE TEMPORARY TABLE graph_users (user_id text COLLATE "C" PRIMARY KEY) ON COMMIT DROP
