-- What an order's other versions tell that the standing one does not (rules F1, K5), as JSON; null for nearly all orders.
-- binds_keys: all hashes of the customer whom the order binds, between commas; binds_key knew one of them only.

ALTER TABLE orders ADD earlier $text_max$ NULL;

ALTER TABLE orders ADD binds_keys varchar(200) $exact$ NULL;

-- A reconsideration that fails waits longer each time, and holds no other one back.
ALTER TABLE reconsiderations ADD attempts bigint NOT NULL DEFAULT 0;

ALTER TABLE reconsiderations ADD due_at bigint NOT NULL DEFAULT 0;
