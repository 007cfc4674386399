-- Which orders a customer has paid for: by keyed hashes of the platform's customer id, of the e-mail and of the phone (rule
-- F8), in the order of the orders' own instants (sort_key). New customers, renewals and bindings look at them (rules T8, T9,
-- T14). plans: the selling plans and the subscription of the order, between commas; null where it has none. kind: an order,
-- or a renewal of one. binds_key: whose binding an order makes once it is approved.

CREATE TABLE customer_orders (
    store_id varchar(40) $exact$ NOT NULL,
    customer_key varchar(64) $exact$ NOT NULL,
    sort_key nvarchar(80) $exact$ NOT NULL,
    order_id nvarchar(60) $exact$ NOT NULL,
    kind varchar(10) NOT NULL,
    plans nvarchar(1000) NULL,
    CONSTRAINT pk_customer_orders PRIMARY KEY (store_id, customer_key, sort_key),
    CONSTRAINT ck_customer_orders_kind CHECK (kind IN ('order', 'renewal')));

ALTER TABLE orders ADD binds_key varchar(64) $exact$ NULL;

CREATE INDEX ix_customer_bindings_origin ON customer_bindings (store_id, origin);
