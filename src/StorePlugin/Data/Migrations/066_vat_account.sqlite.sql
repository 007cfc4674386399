-- VAT is an account of its own: the text of a constraint is changed, as in migration 020, and the migration fails unless it is changed.

PRAGMA writable_schema = ON;

UPDATE sqlite_master
SET sql = replace(sql, '''paid'', ''expense'', ''written_off'')', '''paid'', ''expense'', ''written_off'', ''vat'')')
WHERE type = 'table' AND name = 'ledger_entries';

PRAGMA writable_schema = RESET;

CREATE TABLE vat_known (
    number bigint NOT NULL,
    CONSTRAINT ck_entries_may_be_of_vat CHECK (number = 1));

INSERT INTO vat_known (number)
SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = 'ledger_entries' AND sql LIKE '%''written_off'', ''vat'')%';

DROP TABLE vat_known;
