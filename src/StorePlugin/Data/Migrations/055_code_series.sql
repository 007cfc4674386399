-- Series of codes that work once each: made in bulk for an ambassador, one discount in the store for each series.
-- code_series: bulk_id, bulk_at: the bulk creation in flight, and since when. discount_bp: what the discount was asked to take off,
-- in basis points. discount_ended_at: since when the program has it switched off in the store. made_count: how many codes exist there.
-- series_codes: number: its place on the list, from 1 on; a code that the store refuses keeps its row, and another takes the number.
-- series_uses: the paid orders that name such a code. sort_key: where the order stands among others, of which the first one counts.

CREATE TABLE code_series (
    store_id varchar(40) $exact$ NOT NULL,
    id varchar(40) $exact$ NOT NULL,
    ambassador_id varchar(40) $exact$ NOT NULL,
    campaign_id varchar(40) $exact$ NOT NULL,
    code_count bigint NOT NULL,
    made_count bigint NOT NULL,
    state varchar(20) NOT NULL,
    discount_id nvarchar(200) NULL,
    discount_bp bigint NOT NULL,
    discount_ended_at bigint NULL,
    bulk_id nvarchar(200) NULL,
    bulk_at bigint NULL,
    problem nvarchar(1000) NULL,
    actor nvarchar(120) NOT NULL,
    created_at bigint NOT NULL,
    ended_at bigint NULL,
    CONSTRAINT pk_code_series PRIMARY KEY (store_id, id),
    CONSTRAINT ck_code_series_state CHECK (state IN ('making', 'made', 'refused', 'ended')),
    CONSTRAINT fk_code_series_ambassador FOREIGN KEY (store_id, ambassador_id) REFERENCES ambassadors (store_id, id));

CREATE INDEX ix_code_series_ambassador ON code_series (store_id, ambassador_id, id);

CREATE INDEX ix_code_series_discount ON code_series (store_id, discount_id);

CREATE TABLE series_codes (
    store_id varchar(40) $exact$ NOT NULL,
    code_key nvarchar(100) $exact$ NOT NULL,
    code nvarchar(100) NOT NULL,
    series_id varchar(40) $exact$ NOT NULL,
    number bigint NOT NULL,
    state varchar(20) NOT NULL,
    assigned_at bigint NOT NULL,
    CONSTRAINT pk_series_codes PRIMARY KEY (store_id, code_key),
    CONSTRAINT ck_series_codes_state CHECK (state IN ('waiting', 'made', 'refused')),
    CONSTRAINT fk_series_codes_series FOREIGN KEY (store_id, series_id) REFERENCES code_series (store_id, id));

CREATE INDEX ix_series_codes_series ON series_codes (store_id, series_id, number, code_key);

CREATE TABLE series_uses (
    store_id varchar(40) $exact$ NOT NULL,
    code_key nvarchar(100) $exact$ NOT NULL,
    sort_key nvarchar(80) $exact$ NOT NULL,
    order_id nvarchar(60) $exact$ NOT NULL,
    CONSTRAINT pk_series_uses PRIMARY KEY (store_id, code_key, sort_key),
    CONSTRAINT fk_series_uses_code FOREIGN KEY (store_id, code_key) REFERENCES series_codes (store_id, code_key));

-- A discount of the rehearsal platform with many codes is a row for each.
CREATE INDEX ix_rehearsal_discounts_id ON rehearsal_discounts (store_id, id);
