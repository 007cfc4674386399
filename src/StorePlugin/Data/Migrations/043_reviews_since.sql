-- Since when an order has stood in review; null while it does not. No time ends a review (rule H4), and the merchant is reminded
-- of what has waited for days.

ALTER TABLE orders ADD review_at bigint NULL;

CREATE INDEX ix_orders_review_at ON orders (store_id, review_at) WHERE state = 'review';
