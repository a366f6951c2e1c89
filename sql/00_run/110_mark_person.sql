-- Marks a person. Writes: dirty_persons. @alias_id, @is_identified.
INSERT INTO {{ops}}.dirty_persons (alias_id, is_identified, mark)
VALUES (@alias_id, @is_identified, nextval({{sequence "ops" "dirty_marks"}}))
ON CONFLICT (alias_id, is_identified) DO UPDATE SET mark = excluded.mark
