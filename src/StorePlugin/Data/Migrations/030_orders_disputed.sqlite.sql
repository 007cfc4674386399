-- An order whose payment the shopper's bank disputes (rule B14). The text of the constraint is changed, as in migration 020.

PRAGMA writable_schema = ON;

UPDATE sqlite_master
SET sql = replace(sql, '''in_payout'', ''paid'', ''reversed'')', '''in_payout'', ''paid'', ''reversed'', ''disputed'')')
WHERE type = 'table' AND name = 'orders';

PRAGMA writable_schema = RESET;
