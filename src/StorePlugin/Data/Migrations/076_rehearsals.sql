-- Rehearsals of a campaign. Each has a store of its own (mode 'test'), which names the store that rehearses in rehearses_store_id and lies
-- apart from it by its own store_id alone. The rows here belong to the store that rehearses.
-- currency, typical_minor: of the store at the beginning, so that every step is planned from the same values.
-- top_share_bp: what share of the commission the payee with the most of it got; null while nothing is earned.

CREATE TABLE rehearsals (
    store_id varchar(40) $exact$ NOT NULL,
    id varchar(40) $exact$ NOT NULL,
    campaign_id varchar(40) $exact$ NOT NULL,
    revision bigint NOT NULL,
    scenario varchar(40) NOT NULL,
    state varchar(20) NOT NULL,
    rehearsal_store_id varchar(40) $exact$ NULL,
    currency varchar(3) NOT NULL,
    typical_minor bigint NOT NULL,
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
CREATE INDEX ix_rehearsals_own ON rehearsals (store_id, rehearsal_store_id);

-- at: the instant of the journey, which lies in the past. orders: the ids of those that the step is about, as JSON.
CREATE TABLE rehearsal_steps (
    store_id varchar(40) $exact$ NOT NULL,
    rehearsal_id varchar(40) $exact$ NOT NULL,
    number bigint NOT NULL,
    state varchar(20) NOT NULL,
    at bigint NOT NULL,
    title nvarchar(200) NOT NULL,
    outcome $text_max$ NULL,
    orders $text_max$ NOT NULL,
    begun_at bigint NOT NULL,
    done_at bigint NULL,
    CONSTRAINT pk_rehearsal_steps PRIMARY KEY (store_id, rehearsal_id, number),
    CONSTRAINT fk_rehearsal_steps_rehearsal FOREIGN KEY (store_id, rehearsal_id) REFERENCES rehearsals (store_id, id),
    CONSTRAINT ck_rehearsal_steps_state CHECK (state IN ('under_way', 'done')));

-- Mails that were written and not sent: to made-up people alone.
CREATE TABLE rehearsal_letters (
    store_id varchar(40) $exact$ NOT NULL,
    rehearsal_id varchar(40) $exact$ NOT NULL,
    effect_id varchar(40) $exact$ NOT NULL,
    step bigint NOT NULL,
    mail varchar(40) NOT NULL,
    recipient nvarchar(254) NOT NULL,
    subject nvarchar(400) NOT NULL,
    content $text_max$ NOT NULL,
    written_at bigint NOT NULL,
    CONSTRAINT pk_rehearsal_letters PRIMARY KEY (store_id, rehearsal_id, effect_id),
    CONSTRAINT fk_rehearsal_letters_rehearsal FOREIGN KEY (store_id, rehearsal_id) REFERENCES rehearsals (store_id, id));

-- What the team notes. It stays with the campaign when the rehearsal has gone, so that later ones show it. sealed: the text, by the
-- store's key.
CREATE TABLE rehearsal_notes (
    store_id varchar(40) $exact$ NOT NULL,
    id varchar(40) $exact$ NOT NULL,
    campaign_id varchar(40) $exact$ NOT NULL,
    revision bigint NOT NULL,
    scenario varchar(40) NOT NULL,
    rehearsal_id varchar(40) $exact$ NOT NULL,
    step bigint NOT NULL,
    title nvarchar(200) NOT NULL,
    sealed $bytes_max$ NOT NULL,
    written_at bigint NOT NULL,
    written_by nvarchar(120) NOT NULL,
    CONSTRAINT pk_rehearsal_notes PRIMARY KEY (store_id, id),
    CONSTRAINT fk_rehearsal_notes_campaign FOREIGN KEY (store_id, campaign_id) REFERENCES campaigns (store_id, id));

CREATE INDEX ix_rehearsal_notes_campaign ON rehearsal_notes (store_id, campaign_id, id);
