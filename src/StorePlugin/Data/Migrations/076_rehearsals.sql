-- Rehearsals of a campaign. Each has a store of its own (mode 'test'), which belongs to the store that rehearses and lies apart from it by
-- its store_id alone. The row and its steps belong to the store that rehearses.
-- top_share_bp: what share of the commission the payee with the most of it got; null while nothing is earned.

CREATE TABLE rehearsals (
    store_id varchar(40) $exact$ NOT NULL,
    id varchar(40) $exact$ NOT NULL,
    campaign_id varchar(40) $exact$ NOT NULL,
    revision bigint NOT NULL,
    scenario varchar(40) NOT NULL,
    state varchar(20) NOT NULL,
    rehearsal_store_id varchar(40) $exact$ NULL,
    begun_at bigint NOT NULL,
    begun_by nvarchar(120) NOT NULL,
    ended_at bigint NULL,
    failure nvarchar(1000) NULL,
    payees bigint NOT NULL,
    top_share_bp bigint NULL,
    top_payee nvarchar(200) NULL,
    CONSTRAINT pk_rehearsals PRIMARY KEY (store_id, id),
    CONSTRAINT fk_rehearsals_campaign FOREIGN KEY (store_id, campaign_id) REFERENCES campaigns (store_id, id),
    CONSTRAINT ck_rehearsals_state CHECK (state IN ('running', 'finished', 'failed')));

CREATE INDEX ix_rehearsals_campaign ON rehearsals (store_id, campaign_id, id);
