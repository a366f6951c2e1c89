-- Whether rows of a source table are to be read again by their ids. Reads: dirty_ids. @source, @kind.
SELECT EXISTS (SELECT FROM {{ops}}.dirty_ids WHERE source = @source AND kind = @kind::smallint)
