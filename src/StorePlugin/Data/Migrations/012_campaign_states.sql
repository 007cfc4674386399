-- Every state of a campaign with its instant and who brought it about: an order that arrives late is judged by the state
-- at its own instant (rules T5, T10). The state of the greatest number stands in campaigns as well.

CREATE TABLE campaign_states (
    store_id varchar(40) $exact$ NOT NULL,
    campaign_id varchar(40) $exact$ NOT NULL,
    number bigint NOT NULL,
    state varchar(20) NOT NULL,
    at bigint NOT NULL,
    actor nvarchar(120) NOT NULL,
    CONSTRAINT pk_campaign_states PRIMARY KEY (store_id, campaign_id, number),
    CONSTRAINT ck_campaign_states_state CHECK (state IN ('draft', 'live', 'paused', 'ended')),
    CONSTRAINT fk_campaign_states_campaign FOREIGN KEY (store_id, campaign_id) REFERENCES campaigns (store_id, id));
