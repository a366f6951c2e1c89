-- Takes every lock of the swap at once, or none: on refusal nothing was held and nobody waited.
-- Writes: nothing. Tables: the published parents and their partitions.
LOCK TABLE {{range $i, $t := .Tables}}{{if $i}}, {{end}}ONLY {{$t}}{{end}} IN ACCESS EXCLUSIVE MODE NOWAIT
