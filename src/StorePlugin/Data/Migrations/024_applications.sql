-- People who ask to become ambassadors of a campaign that takes applications. The one who was approved is an ambassador; of
-- one who was refused the personal data are erased after a time, and the fact stays. First visits are counted by an index of
-- their own.

ALTER TABLE campaigns ADD applications varchar(10) NOT NULL
    CONSTRAINT df_campaigns_applications DEFAULT 'closed' CONSTRAINT ck_campaigns_applications CHECK (applications IN ('closed', 'open'));

CREATE TABLE applications (
    store_id varchar(40) $exact$ NOT NULL,
    id varchar(40) $exact$ NOT NULL,
    campaign_id varchar(40) $exact$ NOT NULL,
    name nvarchar(200) NOT NULL,
    email nvarchar(254) NOT NULL,
    email_key nvarchar(254) $exact$ NOT NULL,
    message nvarchar(500) NULL,
    state varchar(20) NOT NULL,
    applied_at bigint NOT NULL,
    decided_at bigint NULL,
    decided_by nvarchar(120) NULL,
    reason nvarchar(200) NULL,
    ambassador_id varchar(40) $exact$ NULL,
    erased_at bigint NULL,
    CONSTRAINT pk_applications PRIMARY KEY (store_id, id),
    CONSTRAINT ck_applications_state CHECK (state IN ('applied', 'approved', 'rejected')),
    CONSTRAINT fk_applications_campaign FOREIGN KEY (store_id, campaign_id) REFERENCES campaigns (store_id, id));

CREATE UNIQUE INDEX uq_applications_waiting ON applications (store_id, campaign_id, email_key) WHERE state = 'applied';
CREATE INDEX ix_applications_state ON applications (store_id, state, id);
CREATE INDEX ix_applications_refused ON applications (decided_at) WHERE state = 'rejected' AND erased_at IS NULL;
CREATE INDEX ix_clicks_first ON clicks (store_id, ambassador_id) WHERE visit = 'first';
