-- Transitions counted anew from the published paths, and those that are not as they are kept. Tables: touches, paths and
-- conversions; Full is set. Reads: those, transitions. @conversions, @nulls, @order: as for 07_attribute/200.
SELECT count(*), count(*) FILTER (WHERE t.count IS DISTINCT FROM n.count)
FROM (
    SELECT conversion, state, next, count(*) AS count
    FROM ({{template "transitions" .}}) AS steps
    GROUP BY conversion, state, next
) AS n
FULL JOIN {{stages}}.transitions AS t ON t.conversion = n.conversion AND t.state = n.state AND t.next = n.next
