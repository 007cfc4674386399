-- What the ledger rests on beside the log of orders: every step of a payout that moved money, in sequence, and the balances
-- that ambassadors were brought over with. subject is the source of the step's transaction; booked_day is the local day of
-- the booking, which a later change of the store's time zone does not move. Rows are only ever added.

CREATE TABLE payout_events (
    store_id varchar(40) $exact$ NOT NULL,
    payout_id varchar(40) $exact$ NOT NULL,
    number bigint NOT NULL,
    kind varchar(10) NOT NULL,
    subject nvarchar(200) $exact$ NOT NULL,
    at bigint NOT NULL,
    booked_day bigint NOT NULL,
    actor nvarchar(120) NOT NULL,
    ambassador_id varchar(40) $exact$ NOT NULL,
    amount_minor bigint NOT NULL,
    currency varchar(3) NOT NULL,
    reason nvarchar(400) NOT NULL,
    CONSTRAINT pk_payout_events PRIMARY KEY (store_id, payout_id, number),
    CONSTRAINT ck_payout_events_kind CHECK (kind IN ('reserved', 'sent', 'returned', 'reversed')));

CREATE TABLE opening_balances (
    store_id varchar(40) $exact$ NOT NULL,
    ambassador_id varchar(40) $exact$ NOT NULL,
    at bigint NOT NULL,
    booked_day bigint NOT NULL,
    actor nvarchar(120) NOT NULL,
    amount_minor bigint NOT NULL,
    currency varchar(3) NOT NULL,
    CONSTRAINT pk_opening_balances PRIMARY KEY (store_id, ambassador_id));

ALTER TABLE order_events ADD booked_day bigint NULL;
