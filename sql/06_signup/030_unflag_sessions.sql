-- Starts from no flag, also when the stage is run again. Writes: re_merged.
UPDATE {{aside "stages" "re_merged" .Run}} SET is_signup_session = false WHERE is_signup_session
