-- Drops incoming rows that were taken in before. Writes: incoming. Reads: matched.
DELETE FROM incoming AS i
USING matched AS m
WHERE m.n = i.n AND m.verdict = 0
