-- Makes room when the stage is run again. Writes: rewards, signups, event_values, traits, conversions, persons, useful_sessions.
DROP TABLE IF EXISTS {{aside "stages" "rewards" .Run}}, {{aside "stages" "signups" .Run}}, {{aside "stages" "event_values" .Run}},
    {{aside "stages" "traits" .Run}}, {{aside "sessions" "conversions" .Run}}, {{aside "sessions" "persons" .Run}}, {{aside "sessions" "useful_sessions" .Run}}
