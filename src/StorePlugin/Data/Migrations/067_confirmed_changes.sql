-- What whoever takes over a mailbox or a session would change first: the address and the destination of payouts. Both are confirmed by mail.

-- What a change waits for. noted: for nothing (a first way, a way that was taken away, and all from before changes were asked about).
-- asked: for the payee's word. replaced: for nothing, since a later change is asked about. refused: the payee says that it was not theirs,
-- and a person of the store decides. revoked: that person says the same, and another destination must be named.
ALTER TABLE payout_changes ADD state varchar(10) NOT NULL
    CONSTRAINT df_payout_changes_state DEFAULT 'noted'
    CONSTRAINT ck_payout_changes_state CHECK (state IN ('noted', 'asked', 'confirmed', 'replaced', 'refused', 'revoked'));

ALTER TABLE payout_changes ADD confirmed_at bigint NULL;

ALTER TABLE payout_changes ADD refused_at bigint NULL;

-- What a person of the store has said, and why; null where the payee's own word stands.
ALTER TABLE payout_changes ADD decision varchar(10) NULL
    CONSTRAINT ck_payout_changes_decision CHECK (decision IN ('confirmed', 'revoked'));

ALTER TABLE payout_changes ADD decided_at bigint NULL;

ALTER TABLE payout_changes ADD decided_by nvarchar(120) NULL;

ALTER TABLE payout_changes ADD decision_reason nvarchar(200) NULL;

-- The links in mails about changes, by hash. purpose: which change is meant, and whose word it is.
CREATE TABLE change_links (
    store_id varchar(40) $exact$ NOT NULL,
    token_hash varchar(64) $exact$ NOT NULL,
    purpose varchar(20) NOT NULL,
    change_id varchar(40) $exact$ NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    used_at bigint NULL,
    CONSTRAINT pk_change_links PRIMARY KEY (store_id, token_hash),
    CONSTRAINT ck_change_links_purpose CHECK (purpose IN ('payout', 'address_old', 'address_new')),
    CONSTRAINT fk_change_links_store FOREIGN KEY (store_id) REFERENCES stores (id));

CREATE INDEX ix_change_links_expires ON change_links (expires_at);

-- Who has asked for a sign-in link: by the keyed hashes of the address that was typed, or as an ambassador whose sign-in was too old.
-- Whether anybody has the address is looked up when the mail is written. return_path: where the link leads, within the portal.
CREATE TABLE sign_in_requests (
    store_id varchar(40) $exact$ NOT NULL,
    id varchar(40) $exact$ NOT NULL,
    person_hash varchar(64) $exact$ NULL,
    address_hash varchar(64) $exact$ NULL,
    ambassador_id varchar(40) $exact$ NULL,
    return_path nvarchar(200) NULL,
    asked_at bigint NOT NULL,
    CONSTRAINT pk_sign_in_requests PRIMARY KEY (store_id, id),
    CONSTRAINT fk_sign_in_requests_store FOREIGN KEY (store_id) REFERENCES stores (id));

CREATE INDEX ix_sign_in_requests_asked ON sign_in_requests (asked_at);

ALTER TABLE sign_in_links ADD return_path nvarchar(200) NULL;

-- An ambassador's change of their e-mail address. sealed: the address of before and the one to come, by the program's key ring; it goes
-- 30 days after the change was asked for. person_hash, address_hash: keyed (rule F8), of before and of what is to come.
-- waived_reason: why a person of the store stands in for the address of before; null where that has to confirm.
CREATE TABLE address_changes (
    store_id varchar(40) $exact$ NOT NULL,
    id varchar(40) $exact$ NOT NULL,
    ambassador_id varchar(40) $exact$ NOT NULL,
    person_hash varchar(64) $exact$ NOT NULL,
    address_hash varchar(64) $exact$ NOT NULL,
    sealed $text_max$ NULL,
    state varchar(10) NOT NULL,
    asked_at bigint NOT NULL,
    asked_by nvarchar(120) NOT NULL,
    waived_reason nvarchar(200) NULL,
    expires_at bigint NOT NULL,
    confirmed_old_at bigint NULL,
    confirmed_new_at bigint NULL,
    settled_at bigint NULL,
    CONSTRAINT pk_address_changes PRIMARY KEY (store_id, id),
    CONSTRAINT ck_address_changes_state CHECK (state IN ('open', 'applied', 'refused', 'replaced')),
    CONSTRAINT fk_address_changes_ambassador FOREIGN KEY (store_id, ambassador_id) REFERENCES ambassadors (store_id, id));

CREATE INDEX ix_address_changes_ambassador ON address_changes (store_id, ambassador_id, id);
CREATE INDEX ix_address_changes_person ON address_changes (store_id, person_hash);
CREATE INDEX ix_address_changes_kept ON address_changes (asked_at) WHERE sealed IS NOT NULL;

-- What an ambassador was known by before: whoever buys with their old address still buys for themselves.
CREATE TABLE former_addresses (
    store_id varchar(40) $exact$ NOT NULL,
    ambassador_id varchar(40) $exact$ NOT NULL,
    person_hash varchar(64) $exact$ NOT NULL,
    until_at bigint NOT NULL,
    CONSTRAINT pk_former_addresses PRIMARY KEY (store_id, ambassador_id, person_hash),
    CONSTRAINT fk_former_addresses_ambassador FOREIGN KEY (store_id, ambassador_id) REFERENCES ambassadors (store_id, id));
