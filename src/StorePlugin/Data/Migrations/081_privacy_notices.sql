-- Versions of a store's privacy notice, which is made from the program's own constants; which of them each ambassador has seen; and who has
-- asked that their account be deleted.
-- erased_at: when what a payout needs went too; null while it waits for what is owed.

CREATE TABLE privacy_notices (
    store_id varchar(40) $exact$ NOT NULL,
    number bigint NOT NULL,
    text_hash varchar(64) NOT NULL,
    since bigint NOT NULL,
    CONSTRAINT pk_privacy_notices PRIMARY KEY (store_id, number),
    CONSTRAINT fk_privacy_notices_store FOREIGN KEY (store_id) REFERENCES stores (id));

CREATE TABLE privacy_notice_views (
    store_id varchar(40) $exact$ NOT NULL,
    ambassador_id varchar(40) $exact$ NOT NULL,
    number bigint NOT NULL,
    seen_at bigint NOT NULL,
    CONSTRAINT pk_privacy_notice_views PRIMARY KEY (store_id, ambassador_id, number),
    CONSTRAINT fk_privacy_notice_views_ambassador FOREIGN KEY (store_id, ambassador_id) REFERENCES ambassadors (store_id, id));

CREATE TABLE account_deletions (
    store_id varchar(40) $exact$ NOT NULL,
    ambassador_id varchar(40) $exact$ NOT NULL,
    asked_at bigint NOT NULL,
    erased_at bigint NULL,
    CONSTRAINT pk_account_deletions PRIMARY KEY (store_id, ambassador_id),
    CONSTRAINT fk_account_deletions_ambassador FOREIGN KEY (store_id, ambassador_id) REFERENCES ambassadors (store_id, id));

CREATE INDEX ix_account_deletions_waiting ON account_deletions (asked_at, ambassador_id) WHERE erased_at IS NULL;
