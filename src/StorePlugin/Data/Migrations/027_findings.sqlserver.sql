-- What the rules about abuse have found (rules F2 to F7): facts that are never changed. number: which time the order was
-- flagged, as its log names it; allowed_why: the reason of the exemption that let it pass. exemptions: a merchant's word that
-- a rule stops nothing of an ambassador's, until an instant. Of an order: came_by is what brought it, with a code alone told
-- apart from a code after a click, and refunded_at the first refund that took something from its counted sales.
-- T-SQL reserves the word rule.

CREATE TABLE findings (
    store_id varchar(40) $exact$ NOT NULL,
    id varchar(40) $exact$ NOT NULL,
    order_id nvarchar(60) $exact$ NOT NULL,
    ambassador_id varchar(40) $exact$ NOT NULL,
    number bigint NOT NULL,
    [rule] varchar(10) NOT NULL,
    severity varchar(10) NOT NULL,
    inputs $text_max$ NOT NULL,
    why nvarchar(200) NOT NULL,
    allowed_why nvarchar(200) NULL,
    at bigint NOT NULL,
    CONSTRAINT pk_findings PRIMARY KEY (store_id, id),
    CONSTRAINT uq_findings_order UNIQUE (store_id, order_id, ambassador_id, [rule]),
    CONSTRAINT ck_findings_severity CHECK (severity IN ('notice', 'review')));

CREATE INDEX ix_findings_ambassador ON findings (store_id, ambassador_id, id);
CREATE INDEX ix_findings_severity ON findings (store_id, severity, id);

CREATE TABLE exemptions (
    store_id varchar(40) $exact$ NOT NULL,
    id varchar(40) $exact$ NOT NULL,
    ambassador_id varchar(40) $exact$ NOT NULL,
    [rule] varchar(10) NOT NULL,
    reason nvarchar(200) NOT NULL,
    actor nvarchar(120) NOT NULL,
    from_at bigint NOT NULL,
    until_at bigint NOT NULL,
    ended_at bigint NULL,
    ended_by nvarchar(120) NULL,
    CONSTRAINT pk_exemptions PRIMARY KEY (store_id, id),
    CONSTRAINT ck_exemptions_rule CHECK ([rule] IN ('F2', 'F4', 'F5', 'F6')),
    CONSTRAINT fk_exemptions_ambassador FOREIGN KEY (store_id, ambassador_id) REFERENCES ambassadors (store_id, id));

CREATE INDEX ix_exemptions_ambassador ON exemptions (store_id, ambassador_id, id);

CREATE INDEX ix_ambassadors_destination ON ambassadors (store_id, stripe_account);
CREATE INDEX ix_orders_observed ON orders (store_id, ambassador_id) WHERE state = 'observed';

ALTER TABLE orders ADD came_by varchar(10) NULL
    CONSTRAINT ck_orders_came_by CHECK (came_by IN ('code', 'click', 'link', 'person', 'other'));

ALTER TABLE orders ADD refunded_at bigint NULL;

CREATE INDEX ix_orders_refunded ON orders (store_id, ambassador_id) WHERE refunded_at IS NOT NULL;
