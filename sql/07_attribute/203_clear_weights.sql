-- Makes room for this morning's weights. Writes: channel_weights. @kept: conversions whose weights stay.
DELETE FROM {{sessions}}.channel_weights WHERE conversion <> ALL (@kept::text[])
