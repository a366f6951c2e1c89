-- The persons of the graph's users. Writes: a temporary table, filled by COPY.
CREATE TEMPORARY TABLE resolved_users (user_id text COLLATE "C" PRIMARY KEY, alias_id text COLLATE "C" NOT NULL) ON COMMIT DROP
