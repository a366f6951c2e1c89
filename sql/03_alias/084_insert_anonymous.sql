-- Inserts the anonymous_ids of the graph that are new or changed. Writes: anonymous_ids.
INSERT INTO {{aliases}}.anonymous_ids (anonymous_id, alias_id, is_identified, is_shared, is_cut, person_count)
SELECT anonymous_id, alias_id, is_identified, is_shared, is_cut, person_count FROM resolved_anonymous
ON CONFLICT (anonymous_id) DO NOTHING
