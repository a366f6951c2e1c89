-- Says what the view is. Writes: its comment.
COMMENT ON VIEW {{partition "stages" "all_tracks" .Month "_aliased"}} IS 'The month''s visits under their current person (alias_id, is_identified); columns else as in all_tracks.'
