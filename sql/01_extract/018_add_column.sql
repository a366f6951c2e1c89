-- Adds a column taken beyond the needed ones. Writes: app_tracks (its definition).
ALTER TABLE {{segment}}.app_tracks ADD COLUMN IF NOT EXISTS {{index .Extra 0}} text
