-- Rewards that are worth money in the store: a gift card, or store credit (rules W1, W4). form tells which; null: a code, or a milestone's
-- money. The row is the fact beside the ledger: amount_minor was set aside at created_at, given at issued_at, and of it returned_minor
-- came back at returned_at. discount_id is the card's id or the credit's, holder_id the customer whose account was credited. sent_at is
-- the last try while its outcome is unknown; back_minor, back_sent_at and back_id are the same of what is taken back. unclear_at: a
-- person is to look what has become of it.

ALTER TABLE rewards ADD form varchar(20) NULL;

ALTER TABLE rewards ADD valid_days bigint NULL;

ALTER TABLE rewards ADD holder_id nvarchar(200) $exact$ NULL;

ALTER TABLE rewards ADD sent_at bigint NULL;

ALTER TABLE rewards ADD issued_day bigint NULL;

ALTER TABLE rewards ADD back_id nvarchar(200) NULL;

ALTER TABLE rewards ADD back_minor bigint NULL;

ALTER TABLE rewards ADD back_sent_at bigint NULL;

ALTER TABLE rewards ADD returned_minor bigint NULL;

ALTER TABLE rewards ADD returned_at bigint NULL;

ALTER TABLE rewards ADD returned_day bigint NULL;

ALTER TABLE rewards ADD unclear_at bigint NULL;

CREATE INDEX ix_rewards_holder ON rewards (store_id, holder_id);

-- What the rehearsal platform remembers of gift cards, and of store credit as its movements. holder: the hash of a card's code, or the
-- customer.

CREATE TABLE rehearsal_values (
    store_id varchar(40) $exact$ NOT NULL,
    id varchar(40) $exact$ NOT NULL,
    kind varchar(20) NOT NULL,
    holder varchar(80) $exact$ NOT NULL,
    note nvarchar(255) NULL,
    amount_minor bigint NOT NULL,
    left_minor bigint NOT NULL,
    currency varchar(3) NOT NULL,
    expires_at bigint NULL,
    created_at bigint NOT NULL,
    ended_at bigint NULL,
    CONSTRAINT pk_rehearsal_values PRIMARY KEY (store_id, id),
    CONSTRAINT ck_rehearsal_values_kind CHECK (kind IN ('gift_card', 'credit', 'debit')));

CREATE INDEX ix_rehearsal_values_holder ON rehearsal_values (store_id, holder, id);
