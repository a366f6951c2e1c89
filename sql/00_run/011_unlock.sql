-- Gives the run lock back.
SELECT pg_catalog.pg_advisory_unlock_all()
