-- Statistics of the worklist, which is another each night: without them the joins with it are a guess. Writes: its statistics.
ANALYZE {{ops}}.dirty_persons
