-- A partition's statistics are for its own queries; those of the parent, which stage 8 sees to, have the default target.
-- Measured at 2 M events: 2.4 s less in a full run.
SELECT pg_catalog.set_config('default_statistics_target', '10', true)
