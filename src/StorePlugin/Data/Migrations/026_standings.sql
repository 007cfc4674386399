-- What each order adds to the standing of its ambassador, and what its refunds take away again: tiers and caps over a period
-- look at the orders before one, by instant and id (sort_key). A projection of receipts. reconsiderations: the orders that
-- are to be decided again, since one before them came late or changed.

CREATE TABLE order_standings (
    store_id varchar(40) $exact$ NOT NULL,
    ambassador_id varchar(40) $exact$ NOT NULL,
    sort_key nvarchar(80) $exact$ NOT NULL,
    number bigint NOT NULL,
    order_id nvarchar(60) $exact$ NOT NULL,
    campaign_id varchar(40) $exact$ NOT NULL,
    local_day bigint NOT NULL,
    effective_at bigint NOT NULL,
    currency varchar(3) NOT NULL,
    base_minor bigint NOT NULL,
    commission_minor bigint NOT NULL,
    orders bigint NOT NULL,
    new_customers bigint NOT NULL,
    CONSTRAINT pk_order_standings PRIMARY KEY (store_id, ambassador_id, sort_key, number));

CREATE INDEX ix_order_standings_order ON order_standings (store_id, order_id);

CREATE TABLE reconsiderations (
    store_id varchar(40) $exact$ NOT NULL,
    order_id nvarchar(60) $exact$ NOT NULL,
    at bigint NOT NULL,
    queued_at bigint NOT NULL,
    CONSTRAINT pk_reconsiderations PRIMARY KEY (store_id, order_id));

CREATE INDEX ix_reconsiderations_at ON reconsiderations (at, store_id, order_id);

-- What refunds after the window of reversal cost the merchant (rule K5), in minor units of the order's currency.
ALTER TABLE orders ADD merchant_cost_minor bigint NOT NULL DEFAULT 0;
