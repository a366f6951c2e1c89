-- Makes room when the stage is run again. Writes: attribution, paths.
DROP TABLE IF EXISTS {{aside "sessions" "attribution" .Run}}, {{aside "sessions" "paths" .Run}}
