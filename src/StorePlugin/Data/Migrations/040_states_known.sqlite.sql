-- Migrations 020 and 030 changed the text of two constraints in place. Where that text was another than they looked for, nothing
-- changed and nothing said so: this one fails unless both words are there. It also tells every connection that is open of a
-- changed schema, which their change of text alone does not.

CREATE TABLE states_known (
    number bigint NOT NULL,
    CONSTRAINT ck_ambassadors_may_end_and_orders_may_be_disputed CHECK (number = 2));

INSERT INTO states_known (number)
SELECT COUNT(*) FROM sqlite_master
WHERE type = 'table'
    AND ((name = 'ambassadors' AND sql LIKE '%''approved'', ''suspended'', ''ended''%')
        OR (name = 'orders' AND sql LIKE '%''reversed'', ''disputed''%'));

DROP TABLE states_known;
