-- Stripe's list of transfers, kept as rows as a bank's statement is; how far it is read and compared with the ledger; what differs; and transfers
-- that a person has taken back.
--
-- stripe_transfers: payout_group is the transfer's group where it has the form of a payout's id; of what was made outside this program neither group
-- nor destination is kept. Amounts in Stripe's units and currency in small letters, as Stripe tells them; created_day in the store's time zone.

CREATE TABLE stripe_transfers (
    store_id varchar(40) $exact$ NOT NULL,
    transfer_id varchar(100) $exact$ NOT NULL,
    payout_group varchar(40) $exact$ NULL,
    amount bigint NOT NULL,
    amount_reversed bigint NOT NULL,
    currency varchar(3) NOT NULL,
    destination varchar(100) $exact$ NULL,
    mode varchar(10) NOT NULL,
    created_at bigint NOT NULL,
    created_day bigint NOT NULL,
    read_at bigint NOT NULL,
    CONSTRAINT pk_stripe_transfers PRIMARY KEY (store_id, transfer_id),
    CONSTRAINT fk_stripe_transfers_store FOREIGN KEY (store_id) REFERENCES stores (id));

CREATE INDEX ix_stripe_transfers_day ON stripe_transfers (store_id, created_day);

-- scheduled_day: the daily one of that local day; null: a person asked. The list is read from read_from on with the key whose hash is read_with;
-- read_after is the last transfer that came. result: the sums by day and currency, as JSON.
CREATE TABLE payout_reconciliations (
    store_id varchar(40) $exact$ NOT NULL,
    id varchar(40) $exact$ NOT NULL,
    asked_by nvarchar(120) NOT NULL,
    scheduled_day bigint NULL,
    from_day bigint NOT NULL,
    to_day bigint NOT NULL,
    state varchar(20) NOT NULL,
    read_from bigint NULL,
    read_with varchar(64) $exact$ NULL,
    read_after varchar(100) $exact$ NULL,
    transfers_read bigint NOT NULL,
    due_at bigint NOT NULL,
    started_at bigint NOT NULL,
    finished_at bigint NULL,
    problem nvarchar(1000) NULL,
    result $text_max$ NULL,
    CONSTRAINT pk_payout_reconciliations PRIMARY KEY (store_id, id),
    CONSTRAINT ck_payout_reconciliations_state CHECK (state IN ('reading', 'comparing', 'done', 'failed')),
    CONSTRAINT fk_payout_reconciliations_store FOREIGN KEY (store_id) REFERENCES stores (id));

CREATE UNIQUE INDEX uq_payout_reconciliations_open ON payout_reconciliations (store_id) WHERE finished_at IS NULL;
CREATE UNIQUE INDEX uq_payout_reconciliations_day ON payout_reconciliations (store_id, scheduled_day) WHERE scheduled_day IS NOT NULL;
CREATE INDEX ix_payout_reconciliations_due ON payout_reconciliations (due_at) WHERE finished_at IS NULL;

-- day: the one it is about; null where it is about none. gone_at: a later look no longer found it. cleared_at: a person let runs go on although it
-- is there, and why. A stopping kind that is neither stops approvals (rule P5).
CREATE TABLE payout_differences (
    store_id varchar(40) $exact$ NOT NULL,
    id varchar(40) $exact$ NOT NULL,
    kind varchar(20) NOT NULL,
    subject varchar(100) $exact$ NOT NULL,
    day bigint NULL,
    currency varchar(3) NULL,
    ours_minor bigint NULL,
    theirs_minor bigint NULL,
    words nvarchar(1000) NOT NULL,
    found_at bigint NOT NULL,
    last_seen_at bigint NOT NULL,
    gone_at bigint NULL,
    cleared_at bigint NULL,
    cleared_by nvarchar(120) NULL,
    reason nvarchar(200) NULL,
    CONSTRAINT pk_payout_differences PRIMARY KEY (store_id, id),
    CONSTRAINT ck_payout_differences_kind CHECK (kind IN
        ('missing_at_stripe', 'missing_here', 'differs', 'unknown', 'clearing', 'no_bank_payout', 'outside')),
    CONSTRAINT fk_payout_differences_store FOREIGN KEY (store_id) REFERENCES stores (id));

CREATE UNIQUE INDEX uq_payout_differences_there ON payout_differences (store_id, kind, subject) WHERE gone_at IS NULL;

-- One request for each, frozen when it is asked for and sent unchanged, as an attempt is (rule P2).
CREATE TABLE payout_reversals (
    store_id varchar(40) $exact$ NOT NULL,
    payout_id varchar(40) $exact$ NOT NULL,
    number bigint NOT NULL,
    amount_minor bigint NOT NULL,
    currency varchar(3) NOT NULL,
    transfer_id varchar(100) $exact$ NOT NULL,
    idempotency_key varchar(255) $exact$ NOT NULL,
    path varchar(200) NOT NULL,
    body $text_max$ NOT NULL,
    api_version varchar(60) NOT NULL,
    state varchar(20) NOT NULL,
    asked_at bigint NOT NULL,
    asked_by nvarchar(120) NOT NULL,
    reason nvarchar(200) NOT NULL,
    first_sent_at bigint NULL,
    last_sent_at bigint NULL,
    sends bigint NOT NULL,
    sent_with varchar(64) $exact$ NULL,
    reversal_id varchar(100) $exact$ NULL,
    problem nvarchar(1000) NULL,
    settled_at bigint NULL,
    CONSTRAINT pk_payout_reversals PRIMARY KEY (store_id, payout_id, number),
    CONSTRAINT ck_payout_reversals_amount CHECK (amount_minor > 0),
    CONSTRAINT ck_payout_reversals_state CHECK (state IN ('frozen', 'unknown', 'done', 'refused')),
    CONSTRAINT fk_payout_reversals_payout FOREIGN KEY (store_id, payout_id) REFERENCES payouts (store_id, id));

CREATE UNIQUE INDEX uq_payout_reversals_open ON payout_reversals (store_id, payout_id) WHERE settled_at IS NULL;

CREATE INDEX ix_payout_events_sent ON payout_events (store_id, booked_day) WHERE kind = 'sent';

-- Two stores of one merchant may share a Stripe account, and each then sees the other's transfers.
CREATE INDEX ix_payouts_id ON payouts (id);
