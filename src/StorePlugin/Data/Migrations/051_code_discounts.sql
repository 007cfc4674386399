-- What the discount of a code was asked to take off, in basis points, and since when the program has it switched off in the
-- store; null where it works, or where the store's people switched it off.

ALTER TABLE codes ADD discount_bp bigint NULL;

ALTER TABLE codes ADD discount_ended_at bigint NULL;

CREATE INDEX ix_codes_discount ON codes (store_id, discount_id);
