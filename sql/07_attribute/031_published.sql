-- The rows each published table had last, and the newest event it was made of. Reads: published.
SELECT table_name, row_count, newest_event FROM {{ops}}.published
