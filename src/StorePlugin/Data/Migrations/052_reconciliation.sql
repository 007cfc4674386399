-- How far the orders of a Shopify store have been compared with the store itself, and what had not arrived by webhook.
-- read_until: whatever changed in the store before it has been looked at. kind: recent (every quarter of an hour) or nightly.

CREATE TABLE order_readings (
    store_id varchar(40) $exact$ NOT NULL,
    kind varchar(10) $exact$ NOT NULL,
    read_until bigint NOT NULL,
    due_at bigint NOT NULL,
    ended_at bigint NULL,
    problem nvarchar(1000) NULL,
    CONSTRAINT pk_order_readings PRIMARY KEY (store_id, kind),
    CONSTRAINT ck_order_readings_kind CHECK (kind IN ('recent', 'nightly')));

CREATE INDEX ix_order_readings_due ON order_readings (due_at);

CREATE TABLE missed_orders (
    store_id varchar(40) $exact$ NOT NULL,
    order_id nvarchar(60) $exact$ NOT NULL,
    updated_at bigint NOT NULL,
    found_at bigint NOT NULL,
    CONSTRAINT pk_missed_orders PRIMARY KEY (store_id, order_id, updated_at));

CREATE INDEX ix_missed_orders_found ON missed_orders (store_id, found_at, order_id);
