-- How many rows a table has that was never analysed. Reads: the source.
SELECT count(*) FROM {{.Source}} AS t
