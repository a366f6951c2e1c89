-- Makes room for this morning's weights. Writes: channel_weights.
DELETE FROM {{sessions}}.channel_weights
