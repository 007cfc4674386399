-- What an ambassador has said of themselves in the portal: which mails they do not want, whether they may be named in public, and that they
-- are 18 or older.
-- mail_wishes: a row for each kind of mail that is switched off. mention_consents: every word of theirs, of which the newest counts, with
-- the version of the wording that stood above the button. age_confirmations: said once.

CREATE TABLE mail_wishes (
    store_id varchar(40) $exact$ NOT NULL,
    ambassador_id varchar(40) $exact$ NOT NULL,
    kind varchar(20) $exact$ NOT NULL,
    since bigint NOT NULL,
    CONSTRAINT pk_mail_wishes PRIMARY KEY (store_id, ambassador_id, kind),
    CONSTRAINT fk_mail_wishes_ambassador FOREIGN KEY (store_id, ambassador_id) REFERENCES ambassadors (store_id, id));

CREATE TABLE mention_consents (
    store_id varchar(40) $exact$ NOT NULL,
    ambassador_id varchar(40) $exact$ NOT NULL,
    number bigint NOT NULL,
    said varchar(20) NOT NULL,
    at bigint NOT NULL,
    wording_hash varchar(64) NOT NULL,
    CONSTRAINT pk_mention_consents PRIMARY KEY (store_id, ambassador_id, number),
    CONSTRAINT ck_mention_consents_said CHECK (said IN ('given', 'withdrawn')),
    CONSTRAINT fk_mention_consents_ambassador FOREIGN KEY (store_id, ambassador_id) REFERENCES ambassadors (store_id, id));

CREATE TABLE age_confirmations (
    store_id varchar(40) $exact$ NOT NULL,
    ambassador_id varchar(40) $exact$ NOT NULL,
    confirmed_at bigint NOT NULL,
    place varchar(20) NOT NULL,
    CONSTRAINT pk_age_confirmations PRIMARY KEY (store_id, ambassador_id),
    CONSTRAINT ck_age_confirmations_place CHECK (place IN ('application', 'portal')),
    CONSTRAINT fk_age_confirmations_ambassador FOREIGN KEY (store_id, ambassador_id) REFERENCES ambassadors (store_id, id));

-- When the applicant said that they are 18 or older, and which version of the privacy notice stood beside the form.
ALTER TABLE applications ADD adult_at bigint NULL;
ALTER TABLE applications ADD privacy_number bigint NULL;
