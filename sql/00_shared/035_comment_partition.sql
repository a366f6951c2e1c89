-- Says what a partition is. Writes: its comment.
COMMENT ON TABLE {{.Table}} IS 'A partition; see the comment of the table it belongs to.'
