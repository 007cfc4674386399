-- That a code of an ambassador's was published where strangers find it (rule F5), by a merchant's word: facts with an end.
-- place: an address or words; at: when it was noted; ended_at: from when on it is published no more, with who said so and why.

CREATE TABLE leaks (
    store_id varchar(40) $exact$ NOT NULL,
    id varchar(40) $exact$ NOT NULL,
    ambassador_id varchar(40) $exact$ NOT NULL,
    code_key nvarchar(100) $exact$ NOT NULL,
    place nvarchar(300) NOT NULL,
    note nvarchar(200) NULL,
    actor nvarchar(120) NOT NULL,
    at bigint NOT NULL,
    ended_at bigint NULL,
    ended_by nvarchar(120) NULL,
    ended_why nvarchar(200) NULL,
    CONSTRAINT pk_leaks PRIMARY KEY (store_id, id),
    CONSTRAINT fk_leaks_ambassador FOREIGN KEY (store_id, ambassador_id) REFERENCES ambassadors (store_id, id),
    CONSTRAINT fk_leaks_code FOREIGN KEY (store_id, code_key) REFERENCES codes (store_id, code_key));

CREATE INDEX ix_leaks_ambassador ON leaks (store_id, ambassador_id, id);
