-- How long a binding that an order makes lasts, in days (rule T8); null where it has no end. Beside orders.binds_key.

ALTER TABLE orders ADD binds_days bigint NULL;
