-- What people have decided about single orders: facts with an actor and a reason, judged with all others whenever the order
-- is decided again. rules: the findings that stood open then, separated by commas; a later one of another rule is open anew.

CREATE TABLE order_decisions (
    store_id varchar(40) $exact$ NOT NULL,
    order_id nvarchar(60) $exact$ NOT NULL,
    number bigint NOT NULL,
    kind varchar(10) NOT NULL,
    ambassador_id varchar(40) $exact$ NULL,
    campaign_id varchar(40) $exact$ NULL,
    rules nvarchar(200) NOT NULL,
    reason nvarchar(200) NOT NULL,
    actor nvarchar(120) NOT NULL,
    at bigint NOT NULL,
    CONSTRAINT pk_order_decisions PRIMARY KEY (store_id, order_id, number),
    CONSTRAINT ck_order_decisions_kind CHECK (kind IN ('allow', 'reject', 'credit')));

CREATE INDEX ix_orders_review ON orders (store_id, at, order_id) WHERE state = 'review';
