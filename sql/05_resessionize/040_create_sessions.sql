-- The re-merged sessions of this run, monthly by started_at, until published. Writes: the new table.
CREATE TABLE {{aside "stages" "re_merged" .Run}} (LIKE {{sessions}}.all_sessions INCLUDING ALL EXCLUDING INDEXES) PARTITION BY RANGE (started_at)
