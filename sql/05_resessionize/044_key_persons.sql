-- Its key. Writes: the new table.
ALTER TABLE {{aside "stages" "persons" .Run}} ADD PRIMARY KEY (alias_id, is_identified)
