-- No reader waits longer than this for a publication. @lock_timeout: milliseconds.
SELECT pg_catalog.set_config('lock_timeout', @lock_timeout, true)
