-- What was given up is found by an index that is as good as the one of all rows, and SQLite took that one, which reads everything a store
-- has ever received. With the state as a column of its own it is the better one.

DROP INDEX ix_deliveries_dead;

CREATE INDEX ix_deliveries_dead ON deliveries (store_id, state, id) WHERE state = 'dead';

DROP INDEX ix_effects_dead;

CREATE INDEX ix_effects_dead ON effects (store_id, state, id) WHERE state = 'dead';
