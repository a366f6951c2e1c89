-- Purpose: which of them are crawlers; the patterns are too many for plain SQL. The
--          caller fills it from user_agents.
-- Reads:   nothing.
-- Writes:  crawlers.
-- Parameters: none.
CREATE UNLOGGED TABLE {{.Schema}}.crawlers (user_agent text NOT NULL)
