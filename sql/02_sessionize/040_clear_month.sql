-- Empties a month before it is made anew. Writes: all_tracks, all_conversions, all_sightings of the month.
TRUNCATE {{partition "stages" "all_tracks" .Month}}, {{partition "stages" "all_conversions" .Month}}, {{partition "stages" "all_sightings" .Month}}
