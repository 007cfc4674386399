-- What was given beside a commission or in its place: a code for an approved order, or a milestone's code or money (rules W1
-- to W6). cause: the order's id, or the campaign's milestone; a cause gives an ambassador one reward of a kind, however often
-- it comes. order_id: whose approval brought it, with its instant and day. A bonus has no code: its amount is in the ledger,
-- with the reward as the source. used_minor: what the code took off the order that used it.

CREATE TABLE rewards (
    store_id varchar(40) $exact$ NOT NULL,
    id varchar(40) $exact$ NOT NULL,
    kind varchar(20) NOT NULL,
    cause nvarchar(120) $exact$ NOT NULL,
    ambassador_id varchar(40) $exact$ NOT NULL,
    campaign_id varchar(40) $exact$ NOT NULL,
    order_id nvarchar(60) $exact$ NOT NULL,
    order_at bigint NOT NULL,
    order_day bigint NOT NULL,
    state varchar(20) NOT NULL,
    percent_bp bigint NULL,
    amount_minor bigint NULL,
    minimum_minor bigint NULL,
    currency varchar(3) NULL,
    code nvarchar(40) NULL,
    code_key nvarchar(100) $exact$ NULL,
    ends_at bigint NULL,
    discount_id nvarchar(200) NULL,
    problem nvarchar(1000) NULL,
    created_at bigint NOT NULL,
    booked_day bigint NOT NULL,
    issued_at bigint NULL,
    revoked_at bigint NULL,
    used_at bigint NULL,
    used_order_id nvarchar(60) $exact$ NULL,
    used_minor bigint NULL,
    used_currency varchar(3) NULL,
    CONSTRAINT pk_rewards PRIMARY KEY (store_id, id),
    CONSTRAINT uq_rewards_cause UNIQUE (store_id, kind, cause, ambassador_id),
    CONSTRAINT ck_rewards_kind CHECK (kind IN ('advocate', 'milestone')),
    CONSTRAINT ck_rewards_state CHECK (state IN ('pending_code', 'issued', 'used', 'revoked', 'cost', 'refused')),
    CONSTRAINT fk_rewards_ambassador FOREIGN KEY (store_id, ambassador_id) REFERENCES ambassadors (store_id, id));

CREATE UNIQUE INDEX uq_rewards_code ON rewards (store_id, code_key) WHERE code_key IS NOT NULL;
CREATE INDEX ix_rewards_ambassador ON rewards (store_id, ambassador_id, id);
CREATE INDEX ix_rewards_order ON rewards (store_id, order_id);
CREATE INDEX ix_rewards_state ON rewards (store_id, state, id);
