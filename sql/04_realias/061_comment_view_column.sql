-- Says what a column of the view is. Writes: its comment.
COMMENT ON COLUMN {{partition "stages" "all_tracks" .Month "_aliased"}}.{{index .Extra 0}} IS 'As in all_tracks; alias_id and is_identified are the person it belongs to now.'
