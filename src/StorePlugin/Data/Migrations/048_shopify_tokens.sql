-- How the access token of a store at Shopify is kept usable: one row for each store that is installed. refreshed_at: when the pair
-- of tokens was last given; issued_under: a short hash of the client secret that it was given under, empty where nobody knows.
-- lease_id: who asks for another pair, and until when nobody else does. fault: why the last try came to nothing, and since when none
-- has succeeded; retry_at: when the next one may be made, null beside a fault where only the merchant can help.

CREATE TABLE shopify_tokens (
    store_id varchar(40) $exact$ NOT NULL,
    refreshed_at bigint NOT NULL,
    issued_under varchar(64) $exact$ NOT NULL,
    lease_id varchar(40) $exact$ NULL,
    lease_until bigint NULL,
    fault nvarchar(1000) NULL,
    fault_at bigint NULL,
    retry_at bigint NULL,
    CONSTRAINT pk_shopify_tokens PRIMARY KEY (store_id),
    CONSTRAINT fk_shopify_tokens_store FOREIGN KEY (store_id) REFERENCES stores (id));

CREATE INDEX ix_shopify_tokens_refreshed ON shopify_tokens (refreshed_at, store_id);
