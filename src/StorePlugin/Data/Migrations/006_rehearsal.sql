-- What the rehearsal platform and its Stripe counterpart remember, as Shopify and Stripe would.

-- A shop of the platform. Secrets that it must only recognise are hashes; the one it signs with is sealed.
CREATE TABLE rehearsal_shops (
    store_id varchar(40) $exact$ NOT NULL,
    name nvarchar(200) NOT NULL,
    currency varchar(3) NOT NULL,
    time_zone varchar(60) NOT NULL,
    token_hash varchar(64) $exact$ NULL,
    webhook_secret_sealed $text_max$ NULL,
    stripe_key_hash varchar(64) $exact$ NULL,
    created_at bigint NOT NULL,
    CONSTRAINT pk_rehearsal_shops PRIMARY KEY (store_id),
    CONSTRAINT fk_rehearsal_shops_store FOREIGN KEY (store_id) REFERENCES stores (id));

CREATE TABLE rehearsal_grants (
    store_id varchar(40) $exact$ NOT NULL,
    code_hash varchar(64) $exact$ NOT NULL,
    expires_at bigint NOT NULL,
    CONSTRAINT pk_rehearsal_grants PRIMARY KEY (store_id, code_hash),
    CONSTRAINT fk_rehearsal_grants_shop FOREIGN KEY (store_id) REFERENCES rehearsal_shops (store_id));

CREATE TABLE rehearsal_discounts (
    store_id varchar(40) $exact$ NOT NULL,
    code_key nvarchar(100) $exact$ NOT NULL,
    id varchar(60) $exact$ NOT NULL,
    code nvarchar(100) NOT NULL,
    title nvarchar(255) $exact$ NOT NULL,
    percent_bp bigint NOT NULL,
    starts_at bigint NOT NULL,
    created_at bigint NOT NULL,
    CONSTRAINT pk_rehearsal_discounts PRIMARY KEY (store_id, code_key),
    CONSTRAINT fk_rehearsal_discounts_shop FOREIGN KEY (store_id) REFERENCES rehearsal_shops (store_id));

-- Amounts are in the units of Stripe's own table, and metadata is a JSON object.
CREATE TABLE rehearsal_transfers (
    store_id varchar(40) $exact$ NOT NULL,
    id varchar(60) $exact$ NOT NULL,
    amount bigint NOT NULL,
    currency varchar(3) NOT NULL,
    destination varchar(100) $exact$ NOT NULL,
    transfer_group nvarchar(255) $exact$ NULL,
    description nvarchar(1000) NULL,
    metadata $text_max$ NOT NULL,
    created_at bigint NOT NULL,
    CONSTRAINT pk_rehearsal_transfers PRIMARY KEY (store_id, id),
    CONSTRAINT fk_rehearsal_transfers_shop FOREIGN KEY (store_id) REFERENCES rehearsal_shops (store_id));

CREATE INDEX ix_rehearsal_transfers_group ON rehearsal_transfers (store_id, transfer_group);

CREATE TABLE rehearsal_requests (
    store_id varchar(40) $exact$ NOT NULL,
    idempotency_key nvarchar(255) $exact$ NOT NULL,
    request_hash varchar(64) $exact$ NOT NULL,
    request_id varchar(60) $exact$ NOT NULL,
    status bigint NOT NULL,
    body $text_max$ NOT NULL,
    created_at bigint NOT NULL,
    CONSTRAINT pk_rehearsal_requests PRIMARY KEY (store_id, idempotency_key),
    CONSTRAINT fk_rehearsal_requests_shop FOREIGN KEY (store_id) REFERENCES rehearsal_shops (store_id));
