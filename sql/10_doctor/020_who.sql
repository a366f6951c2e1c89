-- Where we are, and whether anything can be written there. Reads: the server's state.
SELECT pg_catalog.current_database(), current_user::text, pg_catalog.pg_is_in_recovery(),
    (SELECT reset_val = 'on' FROM pg_catalog.pg_settings WHERE name = 'default_transaction_read_only')
