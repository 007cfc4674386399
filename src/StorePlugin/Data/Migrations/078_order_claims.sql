-- Orders that an ambassador misses among their own, and what a person of the store has decided about each.
-- reference: the order's number as the ambassador has read it. reference_key: the same without the sign and the spelling, so that one order
-- is told of once while it waits. sealed: a line of the ambassador's, by the store's key; it goes some time after the decision.
-- order_id: which order was credited.

CREATE TABLE order_claims (
    store_id varchar(40) $exact$ NOT NULL,
    id varchar(40) $exact$ NOT NULL,
    ambassador_id varchar(40) $exact$ NOT NULL,
    reference nvarchar(40) NOT NULL,
    reference_key nvarchar(40) $exact$ NOT NULL,
    ordered_day bigint NOT NULL,
    sealed $bytes_max$ NULL,
    state varchar(20) NOT NULL,
    claimed_at bigint NOT NULL,
    decided_at bigint NULL,
    decided_by nvarchar(120) NULL,
    reason nvarchar(200) NULL,
    order_id nvarchar(60) $exact$ NULL,
    CONSTRAINT pk_order_claims PRIMARY KEY (store_id, id),
    CONSTRAINT ck_order_claims_state CHECK (state IN ('open', 'credited', 'declined')),
    CONSTRAINT fk_order_claims_ambassador FOREIGN KEY (store_id, ambassador_id) REFERENCES ambassadors (store_id, id));

CREATE UNIQUE INDEX uq_order_claims_open ON order_claims (store_id, ambassador_id, reference_key) WHERE state = 'open';
CREATE INDEX ix_order_claims_ambassador ON order_claims (store_id, ambassador_id, id);
CREATE INDEX ix_order_claims_state ON order_claims (store_id, state, id);
CREATE INDEX ix_order_claims_kept ON order_claims (decided_at) WHERE sealed IS NOT NULL AND decided_at IS NOT NULL;

-- A person finds an order by the number that the store shows.
CREATE INDEX ix_orders_reference ON orders (store_id, reference) WHERE reference IS NOT NULL;
