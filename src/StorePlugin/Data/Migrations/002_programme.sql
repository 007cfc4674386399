-- Campaigns with their revisions of terms, ambassadors with codes and links, and the clicks on them.

CREATE TABLE campaigns (
    store_id varchar(40) $exact$ NOT NULL,
    id varchar(40) $exact$ NOT NULL,
    name nvarchar(120) NOT NULL,
    state varchar(20) NOT NULL,
    objective_metric varchar(40) NULL,
    objective_target bigint NULL,
    objective_by bigint NULL,
    created_at bigint NOT NULL,
    launched_at bigint NULL,
    CONSTRAINT pk_campaigns PRIMARY KEY (store_id, id),
    CONSTRAINT ck_campaigns_state CHECK (state IN ('draft', 'live', 'paused', 'ended')),
    CONSTRAINT fk_campaigns_store FOREIGN KEY (store_id) REFERENCES stores (id));

CREATE TABLE campaign_revisions (
    store_id varchar(40) $exact$ NOT NULL,
    campaign_id varchar(40) $exact$ NOT NULL,
    revision bigint NOT NULL,
    terms $text_max$ NOT NULL,
    effective_at bigint NULL,
    created_at bigint NOT NULL,
    actor nvarchar(120) NOT NULL,
    CONSTRAINT pk_campaign_revisions PRIMARY KEY (store_id, campaign_id, revision),
    CONSTRAINT fk_campaign_revisions_campaign FOREIGN KEY (store_id, campaign_id) REFERENCES campaigns (store_id, id));

CREATE TABLE ambassadors (
    store_id varchar(40) $exact$ NOT NULL,
    id varchar(40) $exact$ NOT NULL,
    campaign_id varchar(40) $exact$ NOT NULL,
    name nvarchar(200) NOT NULL,
    email nvarchar(254) NOT NULL,
    email_key nvarchar(254) $exact$ NOT NULL,
    person_hash varchar(64) $exact$ NOT NULL,
    state varchar(20) NOT NULL,
    stripe_account varchar(100) $exact$ NULL,
    approved_at bigint NOT NULL,
    suspended_at bigint NULL,
    created_at bigint NOT NULL,
    CONSTRAINT pk_ambassadors PRIMARY KEY (store_id, id),
    CONSTRAINT uq_ambassadors_email UNIQUE (store_id, campaign_id, email_key),
    CONSTRAINT ck_ambassadors_state CHECK (state IN ('approved', 'suspended')),
    CONSTRAINT fk_ambassadors_campaign FOREIGN KEY (store_id, campaign_id) REFERENCES campaigns (store_id, id));

-- Every suspension with its end: an order that arrives late is judged by who was active at its own instant (rule T10).
CREATE TABLE suspensions (
    store_id varchar(40) $exact$ NOT NULL,
    id varchar(40) $exact$ NOT NULL,
    ambassador_id varchar(40) $exact$ NOT NULL,
    from_at bigint NOT NULL,
    from_actor nvarchar(120) NOT NULL,
    until_at bigint NULL,
    until_actor nvarchar(120) NULL,
    CONSTRAINT pk_suspensions PRIMARY KEY (store_id, id),
    CONSTRAINT fk_suspensions_ambassador FOREIGN KEY (store_id, ambassador_id) REFERENCES ambassadors (store_id, id));

CREATE INDEX ix_suspensions_ambassador ON suspensions (store_id, ambassador_id);

-- discount_state 'none': the campaign gives the friend nothing off, so there is nothing to create in the store.
CREATE TABLE codes (
    store_id varchar(40) $exact$ NOT NULL,
    code_key nvarchar(100) $exact$ NOT NULL,
    code nvarchar(100) NOT NULL,
    ambassador_id varchar(40) $exact$ NOT NULL,
    campaign_id varchar(40) $exact$ NOT NULL,
    assigned_at bigint NOT NULL,
    ended_at bigint NULL,
    discount_state varchar(20) NOT NULL,
    discount_id nvarchar(200) NULL,
    discount_problem nvarchar(1000) NULL,
    CONSTRAINT pk_codes PRIMARY KEY (store_id, code_key),
    CONSTRAINT ck_codes_discount_state CHECK (discount_state IN ('none', 'pending', 'created', 'refused')),
    CONSTRAINT fk_codes_ambassador FOREIGN KEY (store_id, ambassador_id) REFERENCES ambassadors (store_id, id));

CREATE INDEX ix_codes_ambassador ON codes (store_id, ambassador_id);

-- A slug is unique over the whole host, since the address of a link does not say which store it belongs to.
CREATE TABLE link_slugs (
    slug_key nvarchar(100) $exact$ NOT NULL,
    slug nvarchar(100) NOT NULL,
    store_id varchar(40) $exact$ NOT NULL,
    campaign_id varchar(40) $exact$ NOT NULL,
    ambassador_id varchar(40) $exact$ NOT NULL,
    created_at bigint NOT NULL,
    CONSTRAINT pk_link_slugs PRIMARY KEY (slug_key),
    CONSTRAINT fk_link_slugs_ambassador FOREIGN KEY (store_id, ambassador_id) REFERENCES ambassadors (store_id, id));

CREATE INDEX ix_link_slugs_ambassador ON link_slugs (store_id, ambassador_id);

-- Before consent: the instant, the link and the class of the referrer, and nothing of the person (rule T11).
CREATE TABLE clicks (
    store_id varchar(40) $exact$ NOT NULL,
    id varchar(40) $exact$ NOT NULL,
    ambassador_id varchar(40) $exact$ NOT NULL,
    campaign_id varchar(40) $exact$ NOT NULL,
    at bigint NOT NULL,
    referrer_class varchar(20) NOT NULL,
    CONSTRAINT pk_clicks PRIMARY KEY (store_id, id));

CREATE INDEX ix_clicks_ambassador ON clicks (store_id, ambassador_id, at);
