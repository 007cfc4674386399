-- Files of manual payouts: what was in them and who has had them. The files themselves are not kept, since they name people and accounts.

-- Whose account pays, for the files of banks: name, IBAN and BIC, sealed.
ALTER TABLE payout_settings ADD debtor_sealed $bytes_max$ NULL;

ALTER TABLE payout_settings ADD debtor_masked nvarchar(120) NULL;

-- facts_hash: the format, the payouts and the account that pays; what is exported twice has one row. file_hash: SHA-256 of the file, by
-- which it is known whether it can still be made as it was. made_day: the store's local day, on which a bank is asked to pay.
-- sums: JSON, an amount for each currency.
CREATE TABLE payout_exports (
    store_id varchar(40) $exact$ NOT NULL,
    id varchar(40) $exact$ NOT NULL,
    run_id varchar(40) $exact$ NOT NULL,
    format varchar(20) NOT NULL,
    made_at bigint NOT NULL,
    made_day bigint NOT NULL,
    made_by nvarchar(120) NOT NULL,
    row_count bigint NOT NULL,
    sums $text_max$ NOT NULL,
    debtor_sealed $bytes_max$ NULL,
    facts_hash varchar(64) $exact$ NOT NULL,
    file_hash varchar(64) $exact$ NOT NULL,
    CONSTRAINT pk_payout_exports PRIMARY KEY (store_id, id),
    CONSTRAINT ck_payout_exports_format CHECK (format IN ('csv', 'paypal-csv', 'wise-csv', 'sepa-xml')),
    CONSTRAINT fk_payout_exports_run FOREIGN KEY (store_id, run_id) REFERENCES payout_runs (store_id, id));

CREATE UNIQUE INDEX uq_payout_exports_facts ON payout_exports (store_id, run_id, facts_hash);

CREATE TABLE payout_export_rows (
    store_id varchar(40) $exact$ NOT NULL,
    export_id varchar(40) $exact$ NOT NULL,
    payout_id varchar(40) $exact$ NOT NULL,
    CONSTRAINT pk_payout_export_rows PRIMARY KEY (store_id, export_id, payout_id),
    CONSTRAINT fk_payout_export_rows_export FOREIGN KEY (store_id, export_id) REFERENCES payout_exports (store_id, id),
    CONSTRAINT fk_payout_export_rows_payout FOREIGN KEY (store_id, payout_id) REFERENCES payouts (store_id, id));

CREATE INDEX ix_payout_export_rows_payout ON payout_export_rows (store_id, payout_id);

-- Each time that a file was handed out, the first one with it.
CREATE TABLE payout_export_downloads (
    store_id varchar(40) $exact$ NOT NULL,
    export_id varchar(40) $exact$ NOT NULL,
    id varchar(40) $exact$ NOT NULL,
    who nvarchar(120) NOT NULL,
    at bigint NOT NULL,
    CONSTRAINT pk_payout_export_downloads PRIMARY KEY (store_id, export_id, id),
    CONSTRAINT fk_payout_export_downloads_export FOREIGN KEY (store_id, export_id) REFERENCES payout_exports (store_id, id));
