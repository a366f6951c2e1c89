-- Payments as read, until the transaction ends. Writes: a temporary table.
CREATE TEMPORARY TABLE revenue_read (
    user_id  text COLLATE "C", -- cleaned as those of events; NULL where absent
    currency text NOT NULL,
    amount   numeric NOT NULL,
    paid_at  timestamptz NOT NULL
) ON COMMIT DROP
