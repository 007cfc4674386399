-- Who changed what: one row for each request of the dashboard or the API that is no question, written before it is carried out.
-- subject: what it was about, as the path has it (campaigns/cmp_…); null where it names nothing.
-- outcome: null while it is carried out, and for good where the program ended meanwhile.

CREATE TABLE audit_entries (
    store_id varchar(40) $exact$ NOT NULL,
    id varchar(40) $exact$ NOT NULL,
    at bigint NOT NULL,
    actor nvarchar(120) NOT NULL,
    action nvarchar(200) NOT NULL,
    subject nvarchar(200) NULL,
    outcome varchar(20) NULL,
    CONSTRAINT pk_audit_entries PRIMARY KEY (store_id, id),
    CONSTRAINT fk_audit_entries_store FOREIGN KEY (store_id) REFERENCES stores (id),
    CONSTRAINT ck_audit_entries_outcome CHECK (outcome IN ('done', 'refused', 'failed')));

CREATE INDEX ix_audit_entries_at ON audit_entries (at);
