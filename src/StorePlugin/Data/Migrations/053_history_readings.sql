-- How the reading of a Shopify store's past orders goes, one row for each store. since_at: every order from there on is asked for.
-- operation_id: Shopify's bulk operation while it runs. orders: how many have been read of it.

CREATE TABLE history_readings (
    store_id varchar(40) $exact$ NOT NULL,
    state varchar(10) $exact$ NOT NULL,
    since_at bigint NOT NULL,
    operation_id nvarchar(200) NULL,
    orders bigint NOT NULL,
    problem nvarchar(1000) NULL,
    started_at bigint NOT NULL,
    due_at bigint NOT NULL,
    ended_at bigint NULL,
    CONSTRAINT pk_history_readings PRIMARY KEY (store_id),
    CONSTRAINT ck_history_readings_state CHECK (state IN ('waiting', 'running', 'done')));

CREATE INDEX ix_history_readings_due ON history_readings (due_at);
