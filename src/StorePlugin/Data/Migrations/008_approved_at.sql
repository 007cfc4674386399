-- When an order's commission became payable: a payout takes the orders that were payable when its run was shown. Null
-- where it did before this was kept.

ALTER TABLE orders ADD approved_at bigint NULL;
