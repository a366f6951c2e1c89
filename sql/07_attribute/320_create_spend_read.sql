-- Spend as read, until the transaction ends. Writes: a temporary table.
CREATE TEMPORARY TABLE spend_read (LIKE {{sessions}}.spend) ON COMMIT DROP
