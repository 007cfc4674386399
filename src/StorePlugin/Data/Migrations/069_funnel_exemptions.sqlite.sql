-- Warnings of payout runs are acknowledged as exemptions: the text of a constraint is changed, as in migration 020, and the migration fails
-- unless it is changed.

PRAGMA writable_schema = ON;

UPDATE sqlite_master
SET sql = replace(sql, '(''F2'', ''F4'', ''F5'', ''F6'')', '(''F2'', ''F4'', ''F5'', ''F6'', ''SHARE'', ''TEAM'')')
WHERE type = 'table' AND name = 'exemptions';

PRAGMA writable_schema = RESET;

CREATE TABLE funnel_known (
    number bigint NOT NULL,
    CONSTRAINT ck_exemptions_may_be_of_the_funnel CHECK (number = 1));

INSERT INTO funnel_known (number)
SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = 'exemptions' AND sql LIKE '%''SHARE'', ''TEAM'')%';

DROP TABLE funnel_known;
