-- What an order tells of its customer is found by the order too: rebuild compares it with the order's log.

CREATE INDEX ix_customer_orders_order ON customer_orders (store_id, order_id);
