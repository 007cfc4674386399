-- Documents that a store issues in its payees' place, the VAT in them, and what is known of payees for taxes.

-- A party as it stood when it was written down: the merchant's (ambassador_id is empty) or a payee's. A row never changes: other particulars are
-- another row, so that a document keeps what it was issued with. sealed: name, address and numbers, as JSON. Country by ISO 3166.
CREATE TABLE self_bill_parties (
    store_id varchar(40) $exact$ NOT NULL,
    id varchar(40) $exact$ NOT NULL,
    ambassador_id varchar(40) $exact$ NOT NULL,
    country varchar(2) NOT NULL,
    number_prefix nvarchar(20) NOT NULL,
    sealed $bytes_max$ NOT NULL,
    made_at bigint NOT NULL,
    made_by nvarchar(120) NOT NULL,
    CONSTRAINT pk_self_bill_parties PRIMARY KEY (store_id, id),
    CONSTRAINT fk_self_bill_parties_store FOREIGN KEY (store_id) REFERENCES stores (id));

CREATE INDEX ix_self_bill_parties_ambassador ON self_bill_parties (store_id, ambassador_id);

-- The merchant's side: that the store bills for its payees, since when, and at what rate where VAT is added, in basis points.
CREATE TABLE self_billing_settings (
    store_id varchar(40) $exact$ NOT NULL,
    party_id varchar(40) $exact$ NOT NULL,
    domestic_rate_bp bigint NOT NULL,
    since_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    updated_by nvarchar(120) NOT NULL,
    CONSTRAINT pk_self_billing_settings PRIMARY KEY (store_id),
    CONSTRAINT ck_self_billing_settings_rate CHECK (domestic_rate_bp >= 0 AND domestic_rate_bp <= 10000),
    CONSTRAINT fk_self_billing_settings_party FOREIGN KEY (store_id, party_id) REFERENCES self_bill_parties (store_id, id));

-- The last number given. It rises in the transaction that writes the document, so that numbers have no gap; it outlives the settings.
CREATE TABLE self_bill_counters (
    store_id varchar(40) $exact$ NOT NULL,
    last_number bigint NOT NULL,
    CONSTRAINT pk_self_bill_counters PRIMARY KEY (store_id),
    CONSTRAINT fk_self_bill_counters_store FOREIGN KEY (store_id) REFERENCES stores (id));

-- The payee's side. party_id is null until their particulars are known; agreed_at: since when the store may bill for them. w_*: the form of the
-- United States that they have handed in, by local days yyyymmdd; w_form is null where nobody has said whether one is due.
CREATE TABLE payee_tax (
    store_id varchar(40) $exact$ NOT NULL,
    ambassador_id varchar(40) $exact$ NOT NULL,
    vat_case varchar(20) NULL,
    party_id varchar(40) $exact$ NULL,
    masked_id nvarchar(40) NULL,
    agreed_at bigint NULL,
    agreed_by nvarchar(120) NULL,
    w_form varchar(10) NULL,
    w_received_day bigint NULL,
    w_expires_day bigint NULL,
    w_recorded_by nvarchar(120) NULL,
    updated_at bigint NOT NULL,
    updated_by nvarchar(120) NOT NULL,
    CONSTRAINT pk_payee_tax PRIMARY KEY (store_id, ambassador_id),
    CONSTRAINT ck_payee_tax_case CHECK (vat_case IN ('private', 'small_business', 'domestic', 'reverse_charge')),
    CONSTRAINT ck_payee_tax_agreed CHECK (agreed_at IS NULL OR (vat_case IS NOT NULL AND party_id IS NOT NULL)),
    CONSTRAINT ck_payee_tax_form CHECK (w_form IN ('none', 'w9', 'w8ben')),
    CONSTRAINT fk_payee_tax_ambassador FOREIGN KEY (store_id, ambassador_id) REFERENCES ambassadors (store_id, id),
    CONSTRAINT fk_payee_tax_party FOREIGN KEY (store_id, party_id) REFERENCES self_bill_parties (store_id, id));

-- amount_minor of a payout is what is sent; vat_minor is the part of it that is VAT, and below zero where the VAT of corrections is kept back. A
-- payout has a case where a document is issued for it, and then the parties of that document.
ALTER TABLE payouts ADD vat_minor bigint NOT NULL DEFAULT 0;

ALTER TABLE payouts ADD vat_case varchar(20) NULL
    CONSTRAINT ck_payouts_vat_case CHECK (vat_case IN ('private', 'small_business', 'domestic', 'reverse_charge'));

ALTER TABLE payouts ADD vat_rate_bp bigint NULL;

ALTER TABLE payouts ADD bill_merchant_id varchar(40) $exact$ NULL;

ALTER TABLE payouts ADD bill_payee_id varchar(40) $exact$ NULL;

ALTER TABLE payout_events ADD vat_minor bigint NOT NULL DEFAULT 0;

-- Documents and their corrections, numbered without a gap. A correction's amounts are what it takes from the document that it names. source: the
-- payout of a document, the step of a payout that a reversal is, or the ledger transaction that took a commission back. corrected_*: what
-- corrections have taken from a document so far, written with each of them.
CREATE TABLE self_bills (
    store_id varchar(40) $exact$ NOT NULL,
    number bigint NOT NULL,
    kind varchar(20) NOT NULL,
    cause varchar(20) NOT NULL,
    source nvarchar(200) $exact$ NOT NULL,
    payout_id varchar(40) $exact$ NOT NULL,
    ambassador_id varchar(40) $exact$ NOT NULL,
    corrects_number bigint NULL,
    currency varchar(3) NOT NULL,
    net_minor bigint NOT NULL,
    vat_minor bigint NOT NULL,
    vat_case varchar(20) NOT NULL,
    vat_rate_bp bigint NOT NULL,
    corrected_net_minor bigint NOT NULL,
    corrected_vat_minor bigint NOT NULL,
    merchant_id varchar(40) $exact$ NOT NULL,
    payee_id varchar(40) $exact$ NOT NULL,
    issued_at bigint NOT NULL,
    issued_day bigint NOT NULL,
    CONSTRAINT pk_self_bills PRIMARY KEY (store_id, number),
    CONSTRAINT uq_self_bills_source UNIQUE (store_id, source),
    CONSTRAINT ck_self_bills_kind CHECK ((kind = 'document' AND cause = 'payout' AND corrects_number IS NULL)
        OR (kind = 'correction' AND cause IN ('reversal', 'clawback') AND corrects_number IS NOT NULL)),
    CONSTRAINT ck_self_bills_amounts CHECK (net_minor >= 0 AND vat_minor >= 0),
    CONSTRAINT fk_self_bills_payout FOREIGN KEY (store_id, payout_id) REFERENCES payouts (store_id, id),
    CONSTRAINT fk_self_bills_merchant FOREIGN KEY (store_id, merchant_id) REFERENCES self_bill_parties (store_id, id),
    CONSTRAINT fk_self_bills_payee FOREIGN KEY (store_id, payee_id) REFERENCES self_bill_parties (store_id, id),
    CONSTRAINT fk_self_bills_corrects FOREIGN KEY (store_id, corrects_number) REFERENCES self_bills (store_id, number));

CREATE INDEX ix_self_bills_ambassador ON self_bills (store_id, ambassador_id, number);
CREATE INDEX ix_self_bills_payout ON self_bills (store_id, payout_id);
CREATE UNIQUE INDEX uq_self_bills_document ON self_bills (store_id, payout_id) WHERE kind = 'document';

-- By what the clawback that a correction told of was settled: a later payout that is less by it (source is the payout's id; the row goes again when
-- that payout is returned), or a reversal of the corrected payout itself (source is the step).
CREATE TABLE self_bill_settlements (
    store_id varchar(40) $exact$ NOT NULL,
    number bigint NOT NULL,
    source nvarchar(200) $exact$ NOT NULL,
    payout_id varchar(40) $exact$ NOT NULL,
    net_minor bigint NOT NULL,
    vat_minor bigint NOT NULL,
    CONSTRAINT pk_self_bill_settlements PRIMARY KEY (store_id, number, source),
    CONSTRAINT fk_self_bill_settlements_bill FOREIGN KEY (store_id, number) REFERENCES self_bills (store_id, number),
    CONSTRAINT fk_self_bill_settlements_payout FOREIGN KEY (store_id, payout_id) REFERENCES payouts (store_id, id));

CREATE INDEX ix_self_bill_settlements_payout ON self_bill_settlements (store_id, payout_id);

-- What a commission that was approved lost again: few rows among many.
CREATE INDEX ix_ledger_entries_taken_back ON ledger_entries (store_id, transaction_id) WHERE account = 'approved' AND amount_minor < 0 AND order_id IS NOT NULL;

-- What a store knows better than the program of the yearly sums from which on payments are to be reported.
CREATE TABLE tax_thresholds (
    store_id varchar(40) $exact$ NOT NULL,
    country varchar(2) NOT NULL,
    from_year bigint NOT NULL,
    currency varchar(3) NOT NULL,
    form nvarchar(40) NOT NULL,
    amount_minor bigint NOT NULL,
    CONSTRAINT pk_tax_thresholds PRIMARY KEY (store_id, country, currency, from_year),
    CONSTRAINT ck_tax_thresholds_amount CHECK (amount_minor >= 0),
    CONSTRAINT fk_tax_thresholds_store FOREIGN KEY (store_id) REFERENCES stores (id));
