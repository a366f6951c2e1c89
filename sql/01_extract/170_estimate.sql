-- How many rows a window holds. Reads: the source. @from, @to: as in the window.
SELECT count(*)
FROM {{.Source}} AS t
WHERE {{template "window" .}}
