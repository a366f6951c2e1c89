-- A later stage has to redo all it owns. Writes: dirty_stages. @stage, @reason.
INSERT INTO {{ops}}.dirty_stages (stage, reason)
VALUES (@stage, @reason)
ON CONFLICT (stage) DO UPDATE SET reason = excluded.reason, mark = excluded.mark
