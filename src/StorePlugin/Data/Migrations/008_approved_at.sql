-- When an order's commission became payable: a payout takes the orders that were payable when its run was shown.

ALTER TABLE orders ADD approved_at bigint NULL;

UPDATE orders SET approved_at = updated_at WHERE state IN ('approved', 'in_payout', 'paid');
