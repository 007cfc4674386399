-- What connecting Stripe leaves behind: the store's own account as it was last read, the accounts that payees were asked to be made,
-- who changed where money goes, and by what agreement it goes to which country.

-- findings and balance: JSON, as they are shown. refusal: why Stripe last would not make an account for a payee; null once it did.
CREATE TABLE stripe_accounts (
    store_id varchar(40) $exact$ NOT NULL,
    account_id varchar(100) $exact$ NULL,
    country varchar(2) NULL,
    findings $text_max$ NOT NULL,
    balance $text_max$ NOT NULL,
    refusal_code varchar(100) NULL,
    refusal nvarchar(1000) NULL,
    refused_at bigint NULL,
    read_at bigint NOT NULL,
    CONSTRAINT pk_stripe_accounts PRIMARY KEY (store_id),
    CONSTRAINT fk_stripe_accounts_store FOREIGN KEY (store_id) REFERENCES stores (id));

-- A request for an account, written before it is sent, so that a lost answer is asked for again under the same key. body_hash tells
-- whether it would still be the same request.
CREATE TABLE payee_requests (
    store_id varchar(40) $exact$ NOT NULL,
    ambassador_id varchar(40) $exact$ NOT NULL,
    number bigint NOT NULL,
    body_hash varchar(64) $exact$ NOT NULL,
    state varchar(10) NOT NULL,
    created_at bigint NOT NULL,
    settled_at bigint NULL,
    CONSTRAINT pk_payee_requests PRIMARY KEY (store_id, ambassador_id, number),
    CONSTRAINT ck_payee_requests_state CHECK (state IN ('open', 'made', 'refused')),
    CONSTRAINT fk_payee_requests_ambassador FOREIGN KEY (store_id, ambassador_id) REFERENCES ambassadors (store_id, id));

-- Who changed where an ambassador's money goes. before_masked and after_masked hold no more than people know a destination by.
CREATE TABLE payout_changes (
    store_id varchar(40) $exact$ NOT NULL,
    id varchar(40) $exact$ NOT NULL,
    ambassador_id varchar(40) $exact$ NOT NULL,
    kind varchar(20) NOT NULL,
    at bigint NOT NULL,
    actor nvarchar(120) NOT NULL,
    before_masked nvarchar(120) NULL,
    after_masked nvarchar(120) NULL,
    CONSTRAINT pk_payout_changes PRIMARY KEY (store_id, id),
    CONSTRAINT fk_payout_changes_ambassador FOREIGN KEY (store_id, ambassador_id) REFERENCES ambassadors (store_id, id));

CREATE INDEX ix_payout_changes_ambassador ON payout_changes (store_id, ambassador_id, id);

-- Only where a store differs from the program's own list.
CREATE TABLE payout_routes (
    store_id varchar(40) $exact$ NOT NULL,
    from_country varchar(2) $exact$ NOT NULL,
    to_country varchar(2) $exact$ NOT NULL,
    route varchar(20) NOT NULL,
    CONSTRAINT pk_payout_routes PRIMARY KEY (store_id, from_country, to_country),
    CONSTRAINT ck_payout_routes_route CHECK (route IN ('full', 'recipient', 'none')),
    CONSTRAINT fk_payout_routes_store FOREIGN KEY (store_id) REFERENCES stores (id));

-- The payees' accounts of a rehearsal. link_hash: the newest link to its page; bank: the end of the account number.
CREATE TABLE rehearsal_accounts (
    store_id varchar(40) $exact$ NOT NULL,
    id varchar(60) $exact$ NOT NULL,
    country varchar(2) NOT NULL,
    ambassador_id nvarchar(100) NULL,
    bank varchar(4) NULL,
    link_hash varchar(64) $exact$ NULL,
    return_url nvarchar(1000) NULL,
    refresh_url nvarchar(1000) NULL,
    link_expires_at bigint NULL,
    created_at bigint NOT NULL,
    CONSTRAINT pk_rehearsal_accounts PRIMARY KEY (store_id, id),
    CONSTRAINT fk_rehearsal_accounts_shop FOREIGN KEY (store_id) REFERENCES rehearsal_shops (store_id));

-- When the bank payout of bank_payout_id was made: of two, the later one is where the money is.
ALTER TABLE payouts ADD bank_created_at bigint NULL;

CREATE INDEX ix_payouts_destination ON payouts (store_id, destination);
