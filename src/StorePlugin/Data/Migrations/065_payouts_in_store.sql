-- Payouts that stay in the store: whose store credit an attempt or a reversal moves, and since when a person has to look what became of it.

-- holder_id: the customer, as the platform names them.
ALTER TABLE payout_attempts ADD holder_id nvarchar(200) $exact$ NULL;

ALTER TABLE payout_attempts ADD unclear_at bigint NULL;

ALTER TABLE payout_reversals ADD holder_id nvarchar(200) $exact$ NULL;

ALTER TABLE payout_reversals ADD unclear_at bigint NULL;

CREATE INDEX ix_payout_attempts_holder ON payout_attempts (store_id, holder_id) WHERE holder_id IS NOT NULL;

CREATE INDEX ix_payout_reversals_holder ON payout_reversals (store_id, holder_id) WHERE holder_id IS NOT NULL;
