-- Which process of the server serves us, and what it remembers of 041. Reads: the session.
SELECT pg_catalog.pg_backend_pid(), coalesce(pg_catalog.current_setting('attribution.doctor', true), '')
