-- People whom a store has invited into a campaign. sealed: name, address and the line that was written to them, by the program's key ring; it
-- goes when they have joined, and six months after the invitation. address_hash: keyed (rule F8), so that nobody is invited twice; the id
-- itself stands there once the person was erased.

CREATE TABLE invitations (
    store_id varchar(40) $exact$ NOT NULL,
    id varchar(40) $exact$ NOT NULL,
    campaign_id varchar(40) $exact$ NOT NULL,
    address_hash varchar(64) $exact$ NOT NULL,
    sealed $text_max$ NULL,
    state varchar(20) NOT NULL,
    created_at bigint NOT NULL,
    created_by nvarchar(120) NOT NULL,
    sent_at bigint NULL,
    joined_at bigint NULL,
    CONSTRAINT pk_invitations PRIMARY KEY (store_id, id),
    CONSTRAINT uq_invitations_person UNIQUE (store_id, campaign_id, address_hash),
    CONSTRAINT ck_invitations_state CHECK (state IN ('waiting', 'sent', 'kept_back', 'joined')),
    CONSTRAINT fk_invitations_campaign FOREIGN KEY (store_id, campaign_id) REFERENCES campaigns (store_id, id));

CREATE INDEX ix_invitations_campaign ON invitations (store_id, campaign_id, id);
CREATE INDEX ix_invitations_person ON invitations (store_id, address_hash);
CREATE INDEX ix_invitations_made ON invitations (store_id, created_at);
CREATE INDEX ix_invitations_kept ON invitations (created_at) WHERE sealed IS NOT NULL;
