-- All transitions, by conversion. Reads: transitions.
SELECT conversion, state, next, count
FROM {{stages}}.transitions
ORDER BY conversion, state, next
