-- Payout runs, the payouts in them, and every attempt to send one, frozen before it is sent (rule P2).

CREATE TABLE payout_runs (
    store_id varchar(40) $exact$ NOT NULL,
    id varchar(40) $exact$ NOT NULL,
    state varchar(20) NOT NULL,
    preview $text_max$ NOT NULL,
    created_at bigint NOT NULL,
    created_by nvarchar(120) NOT NULL,
    approved_at bigint NULL,
    approved_by nvarchar(120) NULL,
    result $text_max$ NULL,
    CONSTRAINT pk_payout_runs PRIMARY KEY (store_id, id),
    CONSTRAINT ck_payout_runs_state CHECK (state IN ('preview', 'approved')),
    CONSTRAINT fk_payout_runs_store FOREIGN KEY (store_id) REFERENCES stores (id));

CREATE TABLE payouts (
    store_id varchar(40) $exact$ NOT NULL,
    id varchar(40) $exact$ NOT NULL,
    run_id varchar(40) $exact$ NOT NULL,
    ambassador_id varchar(40) $exact$ NOT NULL,
    currency varchar(3) NOT NULL,
    amount_minor bigint NOT NULL,
    reversed_minor bigint NOT NULL,
    destination varchar(100) $exact$ NOT NULL,
    mode varchar(10) NOT NULL,
    state varchar(20) NOT NULL,
    transfer_id varchar(100) $exact$ NULL,
    problem nvarchar(1000) NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    CONSTRAINT pk_payouts PRIMARY KEY (store_id, id),
    CONSTRAINT ck_payouts_amount CHECK (amount_minor > 0),
    CONSTRAINT ck_payouts_reversed CHECK (reversed_minor >= 0 AND reversed_minor <= amount_minor),
    CONSTRAINT ck_payouts_mode CHECK (mode IN ('live', 'test')),
    CONSTRAINT ck_payouts_state CHECK (state IN
        ('approved', 'sending', 'unknown', 'sent', 'refused', 'reversed', 'cancelled')),
    CONSTRAINT fk_payouts_run FOREIGN KEY (store_id, run_id) REFERENCES payout_runs (store_id, id));

CREATE INDEX ix_payouts_run ON payouts (store_id, run_id);
CREATE INDEX ix_payouts_ambassador ON payouts (store_id, ambassador_id, id);

-- One open payout for each ambassador and currency (rule P1).
CREATE UNIQUE INDEX uq_payouts_open ON payouts (store_id, ambassador_id, currency)
    WHERE state IN ('approved', 'sending', 'unknown');

-- first_sent_at is the first send whose outcome may be unknown: it starts the 20 hours of rule P2. sent_with is the hash
-- of the secret key of those sends, since another key may belong to another account, where their idempotency key means
-- nothing. found_nothing_at is set by a look-up at least 24 hours after the last send that found no transfer.
CREATE TABLE payout_attempts (
    store_id varchar(40) $exact$ NOT NULL,
    payout_id varchar(40) $exact$ NOT NULL,
    attempt bigint NOT NULL,
    idempotency_key varchar(255) $exact$ NOT NULL,
    method varchar(10) NOT NULL,
    path varchar(200) NOT NULL,
    body $text_max$ NOT NULL,
    api_version varchar(60) NOT NULL,
    mode varchar(10) NOT NULL,
    outcome varchar(20) NOT NULL,
    http_status bigint NULL,
    error_code varchar(100) NULL,
    error_message nvarchar(1000) NULL,
    request_id varchar(100) NULL,
    transfer_id varchar(100) $exact$ NULL,
    created_at bigint NOT NULL,
    first_sent_at bigint NULL,
    last_sent_at bigint NULL,
    sends bigint NOT NULL,
    sent_with varchar(64) $exact$ NULL,
    found_nothing_at bigint NULL,
    CONSTRAINT pk_payout_attempts PRIMARY KEY (store_id, payout_id, attempt),
    CONSTRAINT uq_payout_attempts_key UNIQUE (store_id, idempotency_key),
    CONSTRAINT ck_payout_attempts_outcome CHECK (outcome IN ('frozen', 'unknown', 'accepted', 'refused')),
    CONSTRAINT fk_payout_attempts_payout FOREIGN KEY (store_id, payout_id) REFERENCES payouts (store_id, id));
