-- Statistics for what follows. Reads and writes: signups.
ANALYZE {{aside "stages" "signups" .Run}}
