-- One look may not wait for anybody for long, and finds nothing by a search path. Writes: settings of the transaction.
SELECT pg_catalog.set_config('statement_timeout', '4s', true), pg_catalog.set_config('lock_timeout', '1s', true),
    pg_catalog.set_config('search_path', '', true), pg_catalog.set_config('timezone', 'UTC', true), pg_catalog.set_config('jit', 'off', true)
