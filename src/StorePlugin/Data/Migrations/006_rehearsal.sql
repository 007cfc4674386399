-- What the rehearsal platform and its Stripe counterpart remember, as Shopify and Stripe would.

CREATE TABLE rehearsal_grants (
    store_id varchar(40) $exact$ NOT NULL,
    code_hash varchar(64) $exact$ NOT NULL,
    shop nvarchar(255) NOT NULL,
    created_at bigint NOT NULL,
    used_at bigint NULL,
    CONSTRAINT pk_rehearsal_grants PRIMARY KEY (store_id, code_hash));

CREATE TABLE rehearsal_discounts (
    store_id varchar(40) $exact$ NOT NULL,
    code_key nvarchar(100) $exact$ NOT NULL,
    id varchar(60) NOT NULL,
    code nvarchar(100) NOT NULL,
    title nvarchar(255) NOT NULL,
    percent_bp bigint NOT NULL,
    created_at bigint NOT NULL,
    CONSTRAINT pk_rehearsal_discounts PRIMARY KEY (store_id, code_key));

CREATE TABLE rehearsal_transfers (
    store_id varchar(40) $exact$ NOT NULL,
    id varchar(60) $exact$ NOT NULL,
    amount_minor bigint NOT NULL,
    currency varchar(3) NOT NULL,
    destination varchar(100) NOT NULL,
    transfer_group varchar(100) $exact$ NOT NULL,
    payout_id varchar(100) NOT NULL,
    created_at bigint NOT NULL,
    CONSTRAINT pk_rehearsal_transfers PRIMARY KEY (store_id, id));

CREATE INDEX ix_rehearsal_transfers_group ON rehearsal_transfers (store_id, transfer_group);

CREATE TABLE rehearsal_requests (
    store_id varchar(40) $exact$ NOT NULL,
    idempotency_key varchar(255) $exact$ NOT NULL,
    request_hash varchar(64) NOT NULL,
    request_id varchar(60) NOT NULL,
    status bigint NOT NULL,
    body $text_max$ NOT NULL,
    created_at bigint NOT NULL,
    CONSTRAINT pk_rehearsal_requests PRIMARY KEY (store_id, idempotency_key));
