-- A later stage has to redo all it owns. Writes: dirty_stages. @stage, @reason.
INSERT INTO {{ops}}.dirty_stages (stage, reason, mark)
VALUES (@stage, @reason, nextval({{sequence "ops" "dirty_marks"}}))
ON CONFLICT (stage) DO UPDATE SET reason = excluded.reason, mark = excluded.mark
