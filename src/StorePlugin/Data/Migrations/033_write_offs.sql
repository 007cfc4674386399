-- Balances below zero that were written off, and those that are owed again since the person takes part again (rule K4): facts
-- beside the ledger, as opening_balances are. number counts an ambassador's; a revival names the write-off that it brings back,
-- and none comes back twice. Rows are only ever added, and person_hash is what finds the person after everything else is erased.

CREATE TABLE write_offs (
    store_id varchar(40) $exact$ NOT NULL,
    ambassador_id varchar(40) $exact$ NOT NULL,
    number bigint NOT NULL,
    kind varchar(20) NOT NULL,
    person_hash varchar(64) $exact$ NOT NULL,
    at bigint NOT NULL,
    booked_day bigint NOT NULL,
    actor nvarchar(120) NOT NULL,
    amount_minor bigint NOT NULL,
    currency varchar(3) NOT NULL,
    reason nvarchar(400) NOT NULL,
    revives_ambassador_id varchar(40) $exact$ NULL,
    revives_number bigint NULL,
    CONSTRAINT pk_write_offs PRIMARY KEY (store_id, ambassador_id, number),
    CONSTRAINT ck_write_offs_kind CHECK (kind IN ('write_off', 'revival')),
    CONSTRAINT ck_write_offs_amount CHECK (amount_minor > 0),
    CONSTRAINT fk_write_offs_ambassador FOREIGN KEY (store_id, ambassador_id) REFERENCES ambassadors (store_id, id));

CREATE UNIQUE INDEX uq_write_offs_revived ON write_offs (store_id, revives_ambassador_id, revives_number) WHERE revives_number IS NOT NULL;
CREATE INDEX ix_write_offs_person ON write_offs (store_id, person_hash);
