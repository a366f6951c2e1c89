-- Makes room when the stage is run again. Writes: attribution.
DROP TABLE IF EXISTS {{aside "sessions" "attribution" .Run}}
