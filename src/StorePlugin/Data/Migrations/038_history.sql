-- From when on a store's paid orders are known (rule T9): orders of before the installation come by imports. since_at: the
-- file held every paid order from there on; null where nobody said so. orders: how many it has added. Merchants acknowledge
-- what is not known before a campaign that asks for new customers goes live without an import. Rows are only added.

CREATE TABLE history_imports (
    store_id varchar(40) $exact$ NOT NULL,
    number bigint NOT NULL,
    import_id varchar(40) $exact$ NOT NULL,
    since_at bigint NULL,
    orders bigint NOT NULL,
    at bigint NOT NULL,
    actor nvarchar(120) NOT NULL,
    CONSTRAINT pk_history_imports PRIMARY KEY (store_id, number),
    CONSTRAINT fk_history_imports_store FOREIGN KEY (store_id) REFERENCES stores (id));

CREATE TABLE history_acknowledgements (
    store_id varchar(40) $exact$ NOT NULL,
    campaign_id varchar(40) $exact$ NOT NULL,
    number bigint NOT NULL,
    since_at bigint NOT NULL,
    at bigint NOT NULL,
    actor nvarchar(120) NOT NULL,
    CONSTRAINT pk_history_acknowledgements PRIMARY KEY (store_id, campaign_id, number),
    CONSTRAINT fk_history_acknowledgements_campaign FOREIGN KEY (store_id, campaign_id) REFERENCES campaigns (store_id, id));
