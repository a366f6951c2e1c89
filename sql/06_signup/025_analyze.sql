-- Statistics for what follows. Reads and writes: rewards, signups.
ANALYZE {{aside "stages" "rewards" .Run}}, {{aside "stages" "signups" .Run}}
