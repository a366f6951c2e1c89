-- Every person was published, unless marked again meanwhile. Writes: dirty_stages. @mark.
DELETE FROM {{ops}}.dirty_stages WHERE stage = 'resessionize' AND mark = @mark
