-- What merchants and readers decide about mail. mail_texts: the merchant's words in place of ours, null where ours stay.
-- mail_suppressions: addresses that get no mail, by keyed hash (rule F8), which is all that is kept of them; one that was lifted stays
-- as a row with who lifted it. mail_sends: to whom a mail was handed over, by the same hash; counted: 1 where it counts against the limit
-- of a week; taken_at: the server has said that it has it, and it is not handed over again. Rows go after 30 days. mail_settings: quiet
-- hours in minutes of the day, null for none; a store without a row has the defaults.

CREATE TABLE mail_texts (
    store_id varchar(40) $exact$ NOT NULL,
    mail varchar(30) NOT NULL,
    subject nvarchar(150) NULL,
    opening nvarchar(1500) NULL,
    closing nvarchar(500) NULL,
    updated_at bigint NOT NULL,
    updated_by nvarchar(120) NOT NULL,
    CONSTRAINT pk_mail_texts PRIMARY KEY (store_id, mail),
    CONSTRAINT fk_mail_texts_store FOREIGN KEY (store_id) REFERENCES stores (id));

CREATE TABLE mail_suppressions (
    store_id varchar(40) $exact$ NOT NULL,
    id varchar(40) $exact$ NOT NULL,
    address_hash varchar(64) $exact$ NOT NULL,
    reason varchar(20) NOT NULL,
    since bigint NOT NULL,
    detail nvarchar(200) NULL,
    added_by nvarchar(120) NOT NULL,
    lifted_at bigint NULL,
    lifted_by nvarchar(120) NULL,
    lift_reason nvarchar(200) NULL,
    CONSTRAINT pk_mail_suppressions PRIMARY KEY (store_id, id),
    CONSTRAINT ck_mail_suppressions_reason CHECK (reason IN ('opted_out', 'bounced', 'complained', 'by_merchant')),
    CONSTRAINT fk_mail_suppressions_store FOREIGN KEY (store_id) REFERENCES stores (id));

CREATE UNIQUE INDEX uq_mail_suppressions_live ON mail_suppressions (store_id, address_hash, reason) WHERE lifted_at IS NULL;

CREATE TABLE mail_sends (
    store_id varchar(40) $exact$ NOT NULL,
    effect_id varchar(40) $exact$ NOT NULL,
    person_hash varchar(64) $exact$ NOT NULL,
    mail varchar(30) NOT NULL,
    counted bigint NOT NULL,
    at bigint NOT NULL,
    taken_at bigint NULL,
    CONSTRAINT pk_mail_sends PRIMARY KEY (store_id, effect_id),
    CONSTRAINT fk_mail_sends_store FOREIGN KEY (store_id) REFERENCES stores (id));

CREATE INDEX ix_mail_sends_person ON mail_sends (store_id, person_hash, at);
CREATE INDEX ix_mail_sends_effect ON mail_sends (effect_id);
CREATE INDEX ix_mail_sends_at ON mail_sends (at);

CREATE TABLE mail_settings (
    store_id varchar(40) $exact$ NOT NULL,
    weekly_cap bigint NOT NULL,
    quiet_from bigint NULL,
    quiet_until bigint NULL,
    updated_at bigint NOT NULL,
    updated_by nvarchar(120) NOT NULL,
    CONSTRAINT pk_mail_settings PRIMARY KEY (store_id),
    CONSTRAINT fk_mail_settings_store FOREIGN KEY (store_id) REFERENCES stores (id));

-- IANA name; null: the store's own counts.
ALTER TABLE ambassadors ADD time_zone varchar(60) NULL;
