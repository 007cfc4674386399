UPDATE orders SET binds_keys = binds_key WHERE binds_key IS NOT NULL;

ALTER TABLE orders DROP COLUMN binds_key;
