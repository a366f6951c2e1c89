-- Fetches the next edges. Reads: what was opened.
FETCH FORWARD 10000 FROM graph_edges
