-- An ambassador may leave for good. SQLite cannot change a CHECK, and a table that others refer to cannot be made anew within
-- a transaction; as its manual advises, the text of the constraint is changed, which no row depends on, and read again.

PRAGMA writable_schema = ON;

UPDATE sqlite_master
SET sql = replace(sql, 'CHECK (state IN (''approved'', ''suspended''))', 'CHECK (state IN (''approved'', ''suspended'', ''ended''))')
WHERE type = 'table' AND name = 'ambassadors';

PRAGMA writable_schema = RESET;
