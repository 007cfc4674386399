-- What is different about a customer's order. import: it came by an import, and the platform has not told of it; what the
-- platform tells takes its place. erased: the customer has been erased (customer_key is then random, and no hash of anybody):
-- the orders are still known to be one customer's, and whose they were is not.

ALTER TABLE customer_orders ADD mark varchar(10) NULL CONSTRAINT ck_customer_orders_mark CHECK (mark IN ('import', 'erased'));

CREATE INDEX ix_customer_orders_marked ON customer_orders (store_id, order_id) WHERE mark IS NOT NULL;
