-- Builds an invalid index anew without locking out readers or writers. Cannot run in a transaction. Writes: the index.
REINDEX INDEX CONCURRENTLY {{.Table}}
