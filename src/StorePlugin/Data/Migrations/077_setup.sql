-- The guided set-up of a store's first campaign: the draft that it makes, and the steps that somebody has been through.
-- campaign_id is written before the campaign is made, so that two who begin at once make one.

CREATE TABLE setups (
    store_id varchar(40) $exact$ NOT NULL,
    campaign_id varchar(40) $exact$ NOT NULL,
    begun_at bigint NOT NULL,
    actor nvarchar(120) NOT NULL,
    CONSTRAINT pk_setups PRIMARY KEY (store_id),
    CONSTRAINT fk_setups_store FOREIGN KEY (store_id) REFERENCES stores (id));

CREATE TABLE setup_steps (
    store_id varchar(40) $exact$ NOT NULL,
    step varchar(20) NOT NULL,
    done_at bigint NOT NULL,
    actor nvarchar(120) NOT NULL,
    CONSTRAINT pk_setup_steps PRIMARY KEY (store_id, step),
    CONSTRAINT ck_setup_steps_step CHECK (step IN ('goal', 'offer', 'rules', 'look', 'people')),
    CONSTRAINT fk_setup_steps_store FOREIGN KEY (store_id) REFERENCES stores (id));
