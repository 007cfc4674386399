-- Everything that ever moved an order, in sequence: which version, refund, deletion or decision it was, when it was booked,
-- and the evidence that the decision rested on, so that it can be made again when clicks have gone and codes have ended.
-- revision is the one that the order had afterwards. subject names the row of order_versions, refunds, order_decisions or
-- payouts. Orders that were decided before this was kept have no rows, or rows from a later revision on.

CREATE TABLE order_events (
    store_id varchar(40) $exact$ NOT NULL,
    order_id nvarchar(60) $exact$ NOT NULL,
    revision bigint NOT NULL,
    kind varchar(20) NOT NULL,
    subject nvarchar(100) $exact$ NOT NULL,
    at bigint NOT NULL,
    local_day bigint NULL,
    actor nvarchar(120) NOT NULL,
    evidence $text_max$ NULL,
    CONSTRAINT pk_order_events PRIMARY KEY (store_id, order_id, revision));
