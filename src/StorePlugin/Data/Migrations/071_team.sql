-- The people who run a store's programme, beside whoever opens the app from the store itself: what each may do, and how they come in.

-- email_key: the address in lower case, as a mailbox; person_hash: of the person, keyed (rules F1, F8). Both and the address go when they are
-- removed; the name stays for what they have decided.
CREATE TABLE team_members (
    store_id varchar(40) $exact$ NOT NULL,
    id varchar(40) $exact$ NOT NULL,
    name nvarchar(120) NOT NULL,
    email nvarchar(254) NOT NULL,
    email_key nvarchar(254) $exact$ NOT NULL,
    person_hash varchar(64) $exact$ NULL,
    role varchar(20) NOT NULL,
    added_at bigint NOT NULL,
    added_by nvarchar(120) NOT NULL,
    removed_at bigint NULL,
    removed_by nvarchar(120) NULL,
    CONSTRAINT pk_team_members PRIMARY KEY (store_id, id),
    CONSTRAINT ck_team_members_role CHECK (role IN ('owner', 'manager', 'viewer')),
    CONSTRAINT fk_team_members_store FOREIGN KEY (store_id) REFERENCES stores (id));

CREATE UNIQUE INDEX uq_team_members_email ON team_members (store_id, email_key) WHERE removed_at IS NULL;

-- One mail lists the stores of an address.
CREATE INDEX ix_team_members_email ON team_members (email_key);
CREATE INDEX ix_ambassadors_email ON ambassadors (email_key);

-- Of whom a link or a session is; its role is then the member's at the time.
ALTER TABLE sign_in_links ADD member_id varchar(40) $exact$ NULL;

ALTER TABLE sessions ADD member_id varchar(40) $exact$ NULL;
