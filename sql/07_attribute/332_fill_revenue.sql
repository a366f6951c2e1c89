-- Sums payments by person and currency; those of users no event knows, forgotten ones among them, are one row of no
-- person. Reads: revenue_read, user_ids. Writes: revenue.
INSERT INTO {{sessions}}.revenue (alias_id, is_identified, currency, amount, payment_count, first_paid_at, last_paid_at)
SELECT u.alias_id, CASE WHEN u.alias_id IS NOT NULL THEN true END, r.currency, sum(r.amount), count(*), min(r.paid_at), max(r.paid_at)
FROM revenue_read AS r
LEFT JOIN {{aliases}}.user_ids AS u ON u.user_id = r.user_id
GROUP BY u.alias_id, r.currency
