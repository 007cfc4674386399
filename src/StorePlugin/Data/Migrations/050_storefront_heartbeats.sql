-- When a store's storefront was last heard of: the theme's app embed, which says that it runs, and the web pixel, which says
-- that a checkout was completed. Hints that say nothing of any shopper; theme_id is the platform's number of the theme.

CREATE TABLE storefront_heartbeats (
    store_id varchar(40) $exact$ NOT NULL,
    kind varchar(10) NOT NULL,
    first_seen_at bigint NOT NULL,
    last_seen_at bigint NOT NULL,
    theme_id bigint NULL,
    CONSTRAINT pk_storefront_heartbeats PRIMARY KEY (store_id, kind),
    CONSTRAINT ck_storefront_heartbeats_kind CHECK (kind IN ('embed', 'pixel')),
    CONSTRAINT fk_storefront_heartbeats_store FOREIGN KEY (store_id) REFERENCES stores (id));
