-- What an ambassador was from when on, and who decided it: an order that arrives late is judged by what was so at its own
-- instant (rule T10). The state of the greatest number stands in ambassadors as well; no instant lies before that of a
-- lesser number. Groups are kept the same way: a row without a group says that the ambassador left the one before, and
-- group_key is what names are compared by (rule B6).

CREATE TABLE ambassador_states (
    store_id varchar(40) $exact$ NOT NULL,
    ambassador_id varchar(40) $exact$ NOT NULL,
    number bigint NOT NULL,
    state varchar(20) NOT NULL,
    at bigint NOT NULL,
    actor nvarchar(120) NOT NULL,
    reason nvarchar(200) NULL,
    CONSTRAINT pk_ambassador_states PRIMARY KEY (store_id, ambassador_id, number),
    CONSTRAINT ck_ambassador_states_state CHECK (state IN ('applied', 'approved', 'suspended', 'ended')),
    CONSTRAINT fk_ambassador_states_ambassador FOREIGN KEY (store_id, ambassador_id) REFERENCES ambassadors (store_id, id));

CREATE TABLE group_memberships (
    store_id varchar(40) $exact$ NOT NULL,
    ambassador_id varchar(40) $exact$ NOT NULL,
    number bigint NOT NULL,
    group_key nvarchar(100) $exact$ NULL,
    group_name nvarchar(40) NULL,
    at bigint NOT NULL,
    actor nvarchar(120) NOT NULL,
    CONSTRAINT pk_group_memberships PRIMARY KEY (store_id, ambassador_id, number),
    CONSTRAINT fk_group_memberships_ambassador FOREIGN KEY (store_id, ambassador_id) REFERENCES ambassadors (store_id, id));

CREATE INDEX ix_group_memberships_group ON group_memberships (store_id, group_key, ambassador_id) WHERE group_key IS NOT NULL;
