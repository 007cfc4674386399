-- An order whose payment the shopper's bank disputes (rule B14).

ALTER TABLE orders DROP CONSTRAINT ck_orders_state;

ALTER TABLE orders ADD CONSTRAINT ck_orders_state CHECK (state IN
    ('parked', 'uncredited', 'observed', 'held', 'review', 'approved', 'in_payout', 'paid', 'reversed', 'disputed'));
