-- The roles of an installation: the job's, and the analysts'. To be run once, by an administrator of the database,
-- before "attribution migrate". Replace the names by yours: the database warehouse, Segment's schemas website and app,
-- and segment_writer, the role Segment writes as.
--
--   psql -v ON_ERROR_STOP=1 -1 -f deploy/grants.sql postgres://admin@host/warehouse
--
-- No password is set here, since a script is kept. Afterwards, in psql: \password attribution_job
-- or, where Amazon's tokens take its place (database_auth: rds-iam):     GRANT rds_iam TO attribution_job

-- The job. What it may not do by itself: superuser, making roles and databases, replication.
CREATE ROLE attribution_job LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
GRANT CONNECT, CREATE, TEMPORARY ON DATABASE warehouse TO attribution_job;
GRANT USAGE ON SCHEMA website, app TO attribution_job;
GRANT SELECT ON ALL TABLES IN SCHEMA website, app TO attribution_job;

-- Analysts: a group, to which people and tools are added by GRANT attribution_analysts TO somebody.
CREATE ROLE attribution_analysts NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
GRANT CONNECT ON DATABASE warehouse TO attribution_analysts;

-- An administrator who is no superuser, as on Amazon RDS, must belong to a role to say what its later tables grant. Leave
-- out segment_writer where that is who you are.
GRANT attribution_job, segment_writer TO CURRENT_USER;

-- Tables Segment makes later, the first event of a new name say, are the job's to read too.
ALTER DEFAULT PRIVILEGES FOR ROLE segment_writer IN SCHEMA website, app GRANT SELECT ON TABLES TO attribution_job;

-- What the job publishes, now and later. It finds these two schemas made, and makes its other three itself.
CREATE SCHEMA sessions AUTHORIZATION attribution_job;
CREATE SCHEMA aliases AUTHORIZATION attribution_job;
GRANT USAGE ON SCHEMA sessions, aliases TO attribution_analysts;
ALTER DEFAULT PRIVILEGES FOR ROLE attribution_job IN SCHEMA sessions, aliases GRANT SELECT ON TABLES TO attribution_analysts;
