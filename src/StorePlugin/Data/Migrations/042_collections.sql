-- Which products are in which of the store's collections, from when to when: the share of an order's line goes by the
-- collections of its product at the order's instant (rules B2, B6).

CREATE TABLE collections (
    store_id varchar(40) $exact$ NOT NULL,
    id nvarchar(60) $exact$ NOT NULL,
    title nvarchar(120) NOT NULL,
    updated_at bigint NOT NULL,
    updated_by nvarchar(120) NOT NULL,
    CONSTRAINT pk_collections PRIMARY KEY (store_id, id));

CREATE TABLE collection_products (
    store_id varchar(40) $exact$ NOT NULL,
    product_id nvarchar(60) $exact$ NOT NULL,
    collection_id nvarchar(60) $exact$ NOT NULL,
    since_at bigint NOT NULL,
    until_at bigint NULL,
    CONSTRAINT pk_collection_products PRIMARY KEY (store_id, product_id, collection_id, since_at));

CREATE INDEX ix_collection_products_collection ON collection_products (store_id, collection_id, product_id);
