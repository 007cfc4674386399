-- What each day brought, by campaign, kept beside the rows that it sums so that a year is read as quickly as a week: clicks by the
-- store's day, which stay when a click that no order names has had its time; and the orders that an ambassador is credited with,
-- by the day of the order. customer_kind: whether an order was its customer's first at the store, as its receipt says (rule T9);
-- null while it is not paid or nobody is credited with it, and where the platform withheld who bought.

ALTER TABLE orders ADD customer_kind varchar(10) NULL CONSTRAINT ck_orders_customer_kind CHECK (customer_kind IN ('new', 'returning'));

CREATE TABLE click_days (
    store_id varchar(40) $exact$ NOT NULL,
    campaign_id varchar(40) $exact$ NOT NULL,
    local_day bigint NOT NULL,
    clicks bigint NOT NULL,
    first_visits bigint NOT NULL,
    CONSTRAINT pk_click_days PRIMARY KEY (store_id, local_day, campaign_id));

CREATE TABLE order_days (
    store_id varchar(40) $exact$ NOT NULL,
    campaign_id varchar(40) $exact$ NOT NULL,
    local_day bigint NOT NULL,
    currency varchar(3) NOT NULL,
    orders bigint NOT NULL,
    net_minor bigint NOT NULL,
    commission_minor bigint NOT NULL,
    new_customers bigint NOT NULL,
    CONSTRAINT pk_order_days PRIMARY KEY (store_id, local_day, campaign_id, currency));
