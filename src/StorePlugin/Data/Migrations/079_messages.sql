-- What ambassadors and the store's people write to each other: one thread for each ambassador.
-- waiting_since: the first message of the ambassador that nobody of the store has answered; null while none waits. unread_since: the first
-- message of the store that the ambassador has not seen. sealed: the text, by the store's key, since people write about people.

CREATE TABLE message_threads (
    store_id varchar(40) $exact$ NOT NULL,
    ambassador_id varchar(40) $exact$ NOT NULL,
    last_at bigint NOT NULL,
    waiting_since bigint NULL,
    unread_since bigint NULL,
    CONSTRAINT pk_message_threads PRIMARY KEY (store_id, ambassador_id),
    CONSTRAINT fk_message_threads_ambassador FOREIGN KEY (store_id, ambassador_id) REFERENCES ambassadors (store_id, id));

CREATE INDEX ix_message_threads_waiting ON message_threads (store_id, waiting_since, ambassador_id) WHERE waiting_since IS NOT NULL;
CREATE INDEX ix_message_threads_last ON message_threads (store_id, last_at, ambassador_id);
CREATE INDEX ix_message_threads_kept ON message_threads (last_at);

CREATE TABLE messages (
    store_id varchar(40) $exact$ NOT NULL,
    id varchar(40) $exact$ NOT NULL,
    ambassador_id varchar(40) $exact$ NOT NULL,
    side varchar(20) NOT NULL,
    sealed $bytes_max$ NOT NULL,
    written_at bigint NOT NULL,
    written_by nvarchar(120) NOT NULL,
    CONSTRAINT pk_messages PRIMARY KEY (store_id, id),
    CONSTRAINT ck_messages_side CHECK (side IN ('ambassador', 'store')),
    CONSTRAINT fk_messages_ambassador FOREIGN KEY (store_id, ambassador_id) REFERENCES ambassadors (store_id, id));

CREATE INDEX ix_messages_ambassador ON messages (store_id, ambassador_id, id);
CREATE INDEX ix_messages_written ON messages (store_id, ambassador_id, side, written_at);
