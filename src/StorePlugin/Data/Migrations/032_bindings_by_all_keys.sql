-- What was known of one hash is known of all of them. In a file of its own: a column takes values once its table is ready.

UPDATE orders SET binds_keys = binds_key WHERE binds_key IS NOT NULL;

ALTER TABLE orders DROP COLUMN binds_key;
