-- Which version of a campaign's rules an ambassador has accepted: the revision of the terms that was in force, and the hash
-- of the very text that was shown. Rows are only added. The address of a rules page names no store, so that a campaign's id
-- is looked for over the whole host.

CREATE TABLE rules_acceptances (
    store_id varchar(40) $exact$ NOT NULL,
    ambassador_id varchar(40) $exact$ NOT NULL,
    revision bigint NOT NULL,
    text_hash varchar(64) $exact$ NOT NULL,
    accepted_at bigint NOT NULL,
    actor nvarchar(120) NOT NULL,
    CONSTRAINT pk_rules_acceptances PRIMARY KEY (store_id, ambassador_id, revision, text_hash),
    CONSTRAINT fk_rules_acceptances_ambassador FOREIGN KEY (store_id, ambassador_id) REFERENCES ambassadors (store_id, id));

CREATE UNIQUE INDEX ix_campaigns_id ON campaigns (id);
