-- Store credit that customers were given by the programme, and what of it their orders have used (rule B4): the platform does
-- not tell whose credit was spent. amount_minor is negative where credit was taken back. Customers are keyed hashes (rule F8),
-- and a credit stands under each hash that is known of its customer. Of an order: what it paid with store credit, and when it
-- was sent back whole, and the credit with it; null where it paid nothing so, or nobody knows how much.

CREATE TABLE programme_credits (
    store_id varchar(40) $exact$ NOT NULL,
    id nvarchar(60) $exact$ NOT NULL,
    amount_minor bigint NOT NULL,
    currency varchar(3) NOT NULL,
    at bigint NOT NULL,
    reason nvarchar(500) NOT NULL,
    actor nvarchar(120) NOT NULL,
    recorded_at bigint NOT NULL,
    CONSTRAINT pk_programme_credits PRIMARY KEY (store_id, id),
    CONSTRAINT fk_programme_credits_store FOREIGN KEY (store_id) REFERENCES stores (id));

CREATE TABLE programme_credit_customers (
    store_id varchar(40) $exact$ NOT NULL,
    customer_key varchar(64) $exact$ NOT NULL,
    credit_id nvarchar(60) $exact$ NOT NULL,
    CONSTRAINT pk_programme_credit_customers PRIMARY KEY (store_id, customer_key, credit_id),
    CONSTRAINT fk_programme_credit_customers_credit FOREIGN KEY (store_id, credit_id) REFERENCES programme_credits (store_id, id));

ALTER TABLE customer_orders ADD credit_minor bigint NULL;

ALTER TABLE customer_orders ADD credit_currency varchar(3) NULL;

ALTER TABLE customer_orders ADD credit_back_at bigint NULL;
