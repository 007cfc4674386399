-- Since when reviews of before have stood: from the booking that first moved something to the account of reviews while nothing of
-- the order was there. Of a commission of nothing no booking tells, so that its review counts from when the order last moved; where
-- a dispute went before, rebuild finds the right instant. In a file of its own: a column takes values once its table is ready.

UPDATE orders SET review_at = COALESCE(
    (SELECT MAX(t.booked_at)
    FROM ledger_entries e
    JOIN ledger_transactions t ON t.store_id = e.store_id AND t.id = e.transaction_id
    WHERE e.store_id = orders.store_id AND e.order_id = orders.order_id AND e.account = 'review' AND e.amount_minor > 0
        AND NOT EXISTS (SELECT 1 FROM ledger_entries p
            WHERE p.store_id = e.store_id AND p.order_id = e.order_id AND p.account = 'review' AND p.transaction_id < e.transaction_id
            GROUP BY p.currency
            HAVING SUM(p.amount_minor) <> 0)),
    updated_at)
WHERE state = 'review';
