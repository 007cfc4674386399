-- Deliveries that came in and effects that must go out: the same columns of retry.
-- A lease is a due_at in the near future with a lease id: a row whose worker died becomes due again by itself.

CREATE TABLE deliveries (
    store_id varchar(40) $exact$ NOT NULL,
    source varchar(20) $exact$ NOT NULL,
    delivery_key nvarchar(200) $exact$ NOT NULL,
    id varchar(40) $exact$ NOT NULL,
    topic nvarchar(100) NOT NULL,
    body $bytes_max$ NULL,
    received_at bigint NOT NULL,
    state varchar(10) NOT NULL,
    attempts bigint NOT NULL,
    due_at bigint NOT NULL,
    lease_id varchar(40) $exact$ NULL,
    outcome nvarchar(1000) NULL,
    done_at bigint NULL,
    CONSTRAINT pk_deliveries PRIMARY KEY (store_id, source, delivery_key),
    CONSTRAINT ck_deliveries_state CHECK (state IN ('pending', 'done', 'dead')));

CREATE INDEX ix_deliveries_due ON deliveries (due_at) WHERE state = 'pending';
CREATE INDEX ix_deliveries_dead ON deliveries (store_id, id) WHERE state = 'dead';
CREATE INDEX ix_deliveries_drop ON deliveries (done_at) WHERE done_at IS NOT NULL AND body IS NOT NULL;

CREATE TABLE effects (
    store_id varchar(40) $exact$ NOT NULL,
    id varchar(40) $exact$ NOT NULL,
    kind varchar(40) NOT NULL,
    subject nvarchar(200) $exact$ NOT NULL,
    payload $text_max$ NOT NULL,
    state varchar(10) NOT NULL,
    attempts bigint NOT NULL,
    due_at bigint NOT NULL,
    lease_id varchar(40) $exact$ NULL,
    outcome nvarchar(1000) NULL,
    created_at bigint NOT NULL,
    done_at bigint NULL,
    CONSTRAINT pk_effects PRIMARY KEY (store_id, id),
    CONSTRAINT uq_effects_subject UNIQUE (store_id, kind, subject),
    CONSTRAINT ck_effects_state CHECK (state IN ('pending', 'done', 'dead')));

CREATE INDEX ix_effects_due ON effects (due_at) WHERE state = 'pending';
CREATE INDEX ix_effects_dead ON effects (store_id, id) WHERE state = 'dead';
