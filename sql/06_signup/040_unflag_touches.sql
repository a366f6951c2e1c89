-- Starts from no flag, also when the stage is run again. Writes: touches.
UPDATE {{aside "sessions" "touches" .Run}} SET is_before_signup = NULL WHERE is_before_signup IS NOT NULL
