-- Makes room when the stage is run again. Writes: signups, useful_sessions.
DROP TABLE IF EXISTS {{aside "stages" "signups" .Run}}, {{aside "sessions" "useful_sessions" .Run}}
