-- Orders in all their versions, the receipts of what was decided, and the ledger that only grows.
-- Amounts are minor units beside their currency.

CREATE TABLE order_versions (
    store_id varchar(40) $exact$ NOT NULL,
    order_id nvarchar(60) $exact$ NOT NULL,
    updated_at bigint NOT NULL,
    content_hash varchar(64) $exact$ NOT NULL,
    content $text_max$ NOT NULL,
    recorded_at bigint NOT NULL,
    CONSTRAINT pk_order_versions PRIMARY KEY (store_id, order_id, updated_at, content_hash));

CREATE TABLE refunds (
    store_id varchar(40) $exact$ NOT NULL,
    refund_id nvarchar(60) $exact$ NOT NULL,
    order_id nvarchar(60) $exact$ NOT NULL,
    content $text_max$ NOT NULL,
    at bigint NOT NULL,
    recorded_at bigint NOT NULL,
    CONSTRAINT pk_refunds PRIMARY KEY (store_id, refund_id));

CREATE INDEX ix_refunds_order ON refunds (store_id, order_id);

-- One row an order: where it stands. It is written by compare-and-set on revision, which keeps two workers from
-- deciding the same order at once; a row in state 'parked' stands for an order of which only refunds are known.
CREATE TABLE orders (
    store_id varchar(40) $exact$ NOT NULL,
    order_id nvarchar(60) $exact$ NOT NULL,
    revision bigint NOT NULL,
    reference nvarchar(100) NULL,
    state varchar(20) NOT NULL,
    at bigint NULL,
    local_day bigint NULL,
    version_updated_at bigint NULL,
    version_hash varchar(64) $exact$ NULL,
    currency varchar(3) NULL,
    paid_at bigint NULL,
    net_minor bigint NOT NULL,
    campaign_id varchar(40) $exact$ NULL,
    ambassador_id varchar(40) $exact$ NULL,
    commission_minor bigint NOT NULL,
    hold_until bigint NULL,
    payout_id varchar(40) $exact$ NULL,
    reason nvarchar(400) NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    CONSTRAINT pk_orders PRIMARY KEY (store_id, order_id),
    CONSTRAINT ck_orders_state CHECK (state IN
        ('parked', 'uncredited', 'observed', 'held', 'review', 'approved', 'in_payout', 'paid', 'reversed')));

CREATE INDEX ix_orders_release ON orders (hold_until) WHERE state = 'held';
CREATE INDEX ix_orders_at ON orders (store_id, at, order_id);
CREATE INDEX ix_orders_ambassador ON orders (store_id, ambassador_id, at, order_id);

CREATE TABLE receipts (
    store_id varchar(40) $exact$ NOT NULL,
    order_id nvarchar(60) $exact$ NOT NULL,
    content $text_max$ NOT NULL,
    decided_at bigint NOT NULL,
    CONSTRAINT pk_receipts PRIMARY KEY (store_id, order_id));

CREATE TABLE ledger_transactions (
    store_id varchar(40) $exact$ NOT NULL,
    id varchar(40) $exact$ NOT NULL,
    kind varchar(20) NOT NULL,
    source nvarchar(200) $exact$ NOT NULL,
    currency varchar(3) NOT NULL,
    booked_at bigint NOT NULL,
    local_day bigint NOT NULL,
    actor nvarchar(120) NOT NULL,
    reason nvarchar(400) NOT NULL,
    CONSTRAINT pk_ledger_transactions PRIMARY KEY (store_id, id),
    CONSTRAINT uq_ledger_transactions_source UNIQUE (store_id, kind, source));

-- Positive amounts are owed to or held for the ambassador; the merchant's expense carries the other side.
CREATE TABLE ledger_entries (
    store_id varchar(40) $exact$ NOT NULL,
    transaction_id varchar(40) $exact$ NOT NULL,
    position bigint NOT NULL,
    account varchar(20) NOT NULL,
    ambassador_id varchar(40) $exact$ NOT NULL,
    order_id nvarchar(60) $exact$ NULL,
    amount_minor bigint NOT NULL,
    currency varchar(3) NOT NULL,
    CONSTRAINT pk_ledger_entries PRIMARY KEY (store_id, transaction_id, position),
    CONSTRAINT ck_ledger_entries_account CHECK (account IN
        ('held', 'review', 'approved', 'in_payout', 'paid', 'expense', 'written_off')),
    CONSTRAINT fk_ledger_entries_transaction FOREIGN KEY (store_id, transaction_id) REFERENCES ledger_transactions (store_id, id));

CREATE INDEX ix_ledger_entries_ambassador ON ledger_entries (store_id, ambassador_id, transaction_id);
CREATE INDEX ix_ledger_entries_order ON ledger_entries (store_id, order_id);

-- The running total of each account, written in the transaction that moves it.
CREATE TABLE balances (
    store_id varchar(40) $exact$ NOT NULL,
    ambassador_id varchar(40) $exact$ NOT NULL,
    account varchar(20) NOT NULL,
    currency varchar(3) NOT NULL,
    amount_minor bigint NOT NULL,
    CONSTRAINT pk_balances PRIMARY KEY (store_id, ambassador_id, account, currency));
