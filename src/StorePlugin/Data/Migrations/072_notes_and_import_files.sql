-- What merchants do with ambassadors on the dashboard: notes of the team about a person, and files of ambassadors that were shown and wait
-- for a word to be imported.

-- sealed: the text, by the store's key, since people write about people.
CREATE TABLE ambassador_notes (
    store_id varchar(40) $exact$ NOT NULL,
    id varchar(40) $exact$ NOT NULL,
    ambassador_id varchar(40) $exact$ NOT NULL,
    sealed $bytes_max$ NOT NULL,
    written_at bigint NOT NULL,
    written_by nvarchar(120) NOT NULL,
    CONSTRAINT pk_ambassador_notes PRIMARY KEY (store_id, id),
    CONSTRAINT fk_ambassador_notes_ambassador FOREIGN KEY (store_id, ambassador_id) REFERENCES ambassadors (store_id, id));

CREATE INDEX ix_ambassador_notes_ambassador ON ambassador_notes (store_id, ambassador_id, id);

-- sealed: the file, by the store's key; it goes once it is imported, and the row a day after it was sent. added: how many people the import
-- has brought; null while nobody has said the word.
CREATE TABLE import_files (
    store_id varchar(40) $exact$ NOT NULL,
    id varchar(40) $exact$ NOT NULL,
    campaign_id varchar(40) $exact$ NOT NULL,
    sealed $bytes_max$ NULL,
    row_count bigint NOT NULL,
    added bigint NULL,
    sent_at bigint NOT NULL,
    sent_by nvarchar(120) NOT NULL,
    CONSTRAINT pk_import_files PRIMARY KEY (store_id, id),
    CONSTRAINT fk_import_files_campaign FOREIGN KEY (store_id, campaign_id) REFERENCES campaigns (store_id, id));

CREATE INDEX ix_import_files_sent ON import_files (sent_at);
