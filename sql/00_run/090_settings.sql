-- The settings the tables were made with. Reads: settings.
SELECT stage, fingerprint FROM {{ops}}.settings
