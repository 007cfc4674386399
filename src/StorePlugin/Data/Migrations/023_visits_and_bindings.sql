-- Whether a shopper had agreed to be followed when a click was made, and whether it was the first of its day by the same
-- visitor (nothing of whom is kept, rule T11); null for clicks of before that was told. Customers who belong to an
-- ambassador (rule T8): customer_key is the keyed hash of the platform's customer id or of an e-mail (rule F8).

ALTER TABLE clicks ADD consent varchar(10) NOT NULL
    CONSTRAINT df_clicks_consent DEFAULT 'unknown' CONSTRAINT ck_clicks_consent CHECK (consent IN ('unknown', 'granted'));

ALTER TABLE clicks ADD visit varchar(10) NULL CONSTRAINT ck_clicks_visit CHECK (visit IN ('first', 'repeat'));

CREATE TABLE customer_bindings (
    store_id varchar(40) $exact$ NOT NULL,
    customer_key varchar(64) $exact$ NOT NULL,
    campaign_id varchar(40) $exact$ NOT NULL,
    ambassador_id varchar(40) $exact$ NOT NULL,
    since_at bigint NOT NULL,
    until_at bigint NULL,
    origin varchar(60) $exact$ NOT NULL,
    CONSTRAINT pk_customer_bindings PRIMARY KEY (store_id, customer_key, campaign_id, since_at),
    CONSTRAINT fk_customer_bindings_ambassador FOREIGN KEY (store_id, ambassador_id) REFERENCES ambassadors (store_id, id));
