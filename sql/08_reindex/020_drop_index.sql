-- Drops what a cancelled REINDEX CONCURRENTLY left (_ccnew, _ccold). Writes: the index.
DROP INDEX IF EXISTS {{.Table}}
