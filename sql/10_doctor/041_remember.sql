-- Gives this session something to remember, as a lock or a temporary table would. Writes: the session.
SELECT pg_catalog.set_config('attribution.doctor', 'remembered', false)
