-- Starts from no flag, also when the stage is run again. Writes: the table of sessions.
UPDATE {{.Table}} SET is_signup_session = false WHERE is_signup_session
