-- What a night took in lies in few blocks, which their index finds; the planner knows nothing of a month autovacuum has not
-- yet analysed, and would read them all: measured at 5 M events and a day 0.2 s instead of 1.4 s.
SELECT pg_catalog.set_config('enable_seqscan', 'off', true)
