-- The first blog page of each of their persons that saw one. Writes: the new table.
CREATE TABLE {{aside "stages" "blogs" .Run}} (
    alias_id      text COLLATE "C" NOT NULL,
    is_identified boolean NOT NULL,
    blog_at       timestamptz NOT NULL,
    blog_url      text NOT NULL,
    PRIMARY KEY (alias_id, is_identified)
)
