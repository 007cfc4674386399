-- Payouts and opening balances of before are known from the ledger itself. The log of an order that was decided before it was
-- kept begins with a row that says so: from then on, a log that begins neither there nor at the first revision has lost rows.

INSERT INTO payout_events (store_id, payout_id, number, kind, subject, at, booked_day, actor, ambassador_id, amount_minor, currency, reason)
SELECT t.store_id, SUBSTRING(t.source, 1, 35), ROW_NUMBER() OVER (PARTITION BY t.store_id, SUBSTRING(t.source, 1, 35) ORDER BY t.id),
    CASE t.kind WHEN 'payout_reserved' THEN 'reserved' WHEN 'payout_sent' THEN 'sent' WHEN 'payout_returned' THEN 'returned' ELSE 'reversed' END,
    t.source, t.booked_at, t.local_day, t.actor, e.ambassador_id, e.amount_minor, e.currency, t.reason
FROM ledger_transactions t
JOIN ledger_entries e ON e.store_id = t.store_id AND e.transaction_id = t.id AND e.position = 1
WHERE t.kind IN ('payout_reserved', 'payout_sent', 'payout_returned', 'payout_reversed');

INSERT INTO opening_balances (store_id, ambassador_id, at, booked_day, actor, amount_minor, currency)
SELECT t.store_id, e.ambassador_id, t.booked_at, t.local_day, t.actor, e.amount_minor, e.currency
FROM ledger_transactions t
JOIN ledger_entries e ON e.store_id = t.store_id AND e.transaction_id = t.id AND e.position = 1
WHERE t.kind = 'opening';

INSERT INTO order_events (store_id, order_id, revision, kind, subject, at, actor)
SELECT o.store_id, o.order_id, COALESCE(MIN(e.revision), o.revision + 1) - 1, 'unlogged', '', o.created_at, 'system'
FROM orders o
LEFT JOIN order_events e ON e.store_id = o.store_id AND e.order_id = o.order_id
GROUP BY o.store_id, o.order_id, o.revision, o.created_at
HAVING COALESCE(MIN(e.revision), o.revision + 1) > 1;
