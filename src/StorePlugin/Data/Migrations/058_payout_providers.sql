-- By what way a payout goes, and what has become of it after it was sent; runs that two people approve, that wait or were stopped.
--
-- payouts.provider: destination is the payee's Stripe account, or the id of a row of payout_methods. bank_state is the second leg of a
-- Stripe payout, from the payee's balance there to their bank; null until it is heard of. It moves no money of the ledger (rule P4).
-- first_approved_at: one of two people has approved. funding: what the run needs of each currency and what was there, as JSON.
-- stopped_at: what is not sent yet waits, in the currencies that stopped_currencies names or, where that is null, in all; stopped_for tells
-- for what. cancelled_at: nobody wants the run any more.

ALTER TABLE payouts ADD provider varchar(20) NOT NULL DEFAULT 'stripe';

ALTER TABLE payouts ADD bank_state varchar(20) NULL;

ALTER TABLE payouts ADD bank_payout_id varchar(100) NULL;

ALTER TABLE payouts ADD bank_problem nvarchar(1000) NULL;

ALTER TABLE payouts ADD arrives_at bigint NULL;

ALTER TABLE payout_runs ADD first_approved_at bigint NULL;

ALTER TABLE payout_runs ADD first_approved_by nvarchar(120) NULL;

ALTER TABLE payout_runs ADD stopped_at bigint NULL;

ALTER TABLE payout_runs ADD stopped_for varchar(20) NULL;

ALTER TABLE payout_runs ADD stopped_currencies varchar(400) NULL;

ALTER TABLE payout_runs ADD stop_reason nvarchar(1000) NULL;

ALTER TABLE payout_runs ADD funding nvarchar(4000) NULL;

ALTER TABLE payout_runs ADD cancelled_at bigint NULL;

ALTER TABLE payout_runs ADD cancelled_by nvarchar(120) NULL;

-- A day of the schedule makes one run at most; null: a person asked for it.
ALTER TABLE payout_runs ADD scheduled_day bigint NULL;

CREATE INDEX ix_payout_runs_stopped ON payout_runs (stopped_for) WHERE stopped_for IS NOT NULL;

CREATE UNIQUE INDEX uq_payout_runs_scheduled ON payout_runs (store_id, scheduled_day) WHERE scheduled_day IS NOT NULL;

-- How a store pays. schedule: null, weekly or monthly; sums in minor units of the store's currency. methods: what payees may name
-- besides Stripe, parted by commas.
CREATE TABLE payout_settings (
    store_id varchar(40) $exact$ NOT NULL,
    schedule varchar(10) NULL,
    schedule_day bigint NULL,
    two_people_from_minor bigint NULL,
    approve_alone_to_minor bigint NULL,
    methods varchar(60) NOT NULL,
    updated_at bigint NOT NULL,
    updated_by nvarchar(120) NOT NULL,
    CONSTRAINT pk_payout_settings PRIMARY KEY (store_id),
    CONSTRAINT fk_payout_settings_store FOREIGN KEY (store_id) REFERENCES stores (id));

-- Where payees want their money, besides Stripe. A row never changes: another destination is another row. sealed: the address or the
-- IBAN with the holder's name; masked: what may be shown; details_hash: keyed, so that two payees who share one are seen (rule F2).
CREATE TABLE payout_methods (
    store_id varchar(40) $exact$ NOT NULL,
    id varchar(40) $exact$ NOT NULL,
    ambassador_id varchar(40) $exact$ NOT NULL,
    kind varchar(20) NOT NULL,
    sealed $bytes_max$ NULL,
    masked nvarchar(120) NOT NULL,
    details_hash varchar(64) $exact$ NOT NULL,
    created_at bigint NOT NULL,
    created_by nvarchar(120) NOT NULL,
    ended_at bigint NULL,
    CONSTRAINT pk_payout_methods PRIMARY KEY (store_id, id),
    CONSTRAINT ck_payout_methods_kind CHECK (kind IN ('store_credit', 'discount_code', 'paypal', 'iban', 'other')),
    CONSTRAINT fk_payout_methods_ambassador FOREIGN KEY (store_id, ambassador_id) REFERENCES ambassadors (store_id, id));

CREATE UNIQUE INDEX uq_payout_methods_used ON payout_methods (store_id, ambassador_id) WHERE ended_at IS NULL;
CREATE INDEX ix_payout_methods_details ON payout_methods (store_id, details_hash);

-- What Stripe last said of a payee's account; it is asked again before it is relied on. transfers and payouts: the capability's state,
-- and whether the bank leg is on; due: what Stripe waits for, parted by commas. bank: the end of the bank account, by which people know it.
CREATE TABLE payee_accounts (
    store_id varchar(40) $exact$ NOT NULL,
    account_id varchar(100) $exact$ NOT NULL,
    ambassador_id varchar(40) $exact$ NOT NULL,
    state varchar(20) NOT NULL,
    country varchar(2) NULL,
    currency varchar(3) NULL,
    transfers varchar(20) NULL,
    payouts varchar(10) NULL,
    schedule varchar(20) NULL,
    disabled_reason varchar(100) NULL,
    due nvarchar(1000) NULL,
    bank nvarchar(100) NULL,
    bank_hash varchar(64) $exact$ NULL,
    made_here bigint NOT NULL,
    created_at bigint NOT NULL,
    read_at bigint NULL,
    CONSTRAINT pk_payee_accounts PRIMARY KEY (store_id, account_id),
    CONSTRAINT ck_payee_accounts_state CHECK (state IN
        ('created', 'onboarding', 'pending', 'ready', 'no_bank', 'restricted', 'rejected', 'closed')),
    CONSTRAINT fk_payee_accounts_ambassador FOREIGN KEY (store_id, ambassador_id) REFERENCES ambassadors (store_id, id));

CREATE INDEX ix_payee_accounts_ambassador ON payee_accounts (store_id, ambassador_id);

-- Nothing is paid to a payee before this instant, since an address or a destination was changed.
ALTER TABLE ambassadors ADD payouts_from bigint NULL;

ALTER TABLE ambassadors ADD payouts_from_why nvarchar(200) NULL;
