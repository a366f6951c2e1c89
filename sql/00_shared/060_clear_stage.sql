-- A stage has redone all it owns. Writes: dirty_stages. @stage.
DELETE FROM {{ops}}.dirty_stages WHERE stage = @stage
