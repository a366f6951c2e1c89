-- The key in force. Reads: forgotten_key.
SELECT key FROM {{ops}}.forgotten_key
