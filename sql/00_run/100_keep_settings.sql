-- Keeps the settings of a stage. Writes: settings. @stage, @fingerprint.
INSERT INTO {{ops}}.settings (stage, fingerprint) VALUES (@stage, @fingerprint)
ON CONFLICT (stage) DO UPDATE SET fingerprint = excluded.fingerprint
