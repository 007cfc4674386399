-- What platforms ask for a person's or a store's sake. subject: the platform's number of the request, or what stands for it: a
-- request that comes again is the same row. erasing: what remains of an erasure is done in steps; erased_at: when its first step,
-- which takes effect, was done. file_sealed: what is held about a customer, for the merchant, until file_until.
-- privacy_request_customers: whom a file is about, by keyed hashes (rule F8), so that it goes when they are erased.
-- privacy_downloads: who has taken a file, and when. redacted_orders: orders whose customer was erased: what comes of them later
-- brings no hash back.

CREATE TABLE privacy_requests (
    store_id varchar(40) $exact$ NOT NULL,
    id varchar(40) $exact$ NOT NULL,
    topic varchar(30) NOT NULL,
    subject nvarchar(100) $exact$ NOT NULL,
    request_id nvarchar(60) $exact$ NULL,
    received_at bigint NOT NULL,
    state varchar(20) NOT NULL,
    erased_at bigint NULL,
    done_at bigint NULL,
    file_sealed $bytes_max$ NULL,
    file_until bigint NULL,
    CONSTRAINT pk_privacy_requests PRIMARY KEY (store_id, id),
    CONSTRAINT uq_privacy_requests_subject UNIQUE (store_id, topic, subject),
    CONSTRAINT ck_privacy_requests_topic CHECK (topic IN ('customers/data_request', 'customers/redact', 'shop/redact')),
    CONSTRAINT ck_privacy_requests_state CHECK (state IN ('ready', 'dropped', 'erasing', 'done', 'stopped')),
    CONSTRAINT fk_privacy_requests_store FOREIGN KEY (store_id) REFERENCES stores (id));

CREATE INDEX ix_privacy_requests_erasing ON privacy_requests (id) WHERE state = 'erasing';
CREATE INDEX ix_privacy_requests_files ON privacy_requests (file_until) WHERE state = 'ready';

CREATE TABLE privacy_request_customers (
    store_id varchar(40) $exact$ NOT NULL,
    customer_key varchar(64) $exact$ NOT NULL,
    request_id varchar(40) $exact$ NOT NULL,
    CONSTRAINT pk_privacy_request_customers PRIMARY KEY (store_id, customer_key, request_id),
    CONSTRAINT fk_privacy_request_customers_request FOREIGN KEY (store_id, request_id) REFERENCES privacy_requests (store_id, id));

CREATE INDEX ix_privacy_request_customers_request ON privacy_request_customers (store_id, request_id);

CREATE TABLE privacy_downloads (
    store_id varchar(40) $exact$ NOT NULL,
    request_id varchar(40) $exact$ NOT NULL,
    id varchar(40) $exact$ NOT NULL,
    who nvarchar(120) NOT NULL,
    at bigint NOT NULL,
    CONSTRAINT pk_privacy_downloads PRIMARY KEY (store_id, request_id, id),
    CONSTRAINT fk_privacy_downloads_request FOREIGN KEY (store_id, request_id) REFERENCES privacy_requests (store_id, id));

CREATE TABLE redacted_orders (
    store_id varchar(40) $exact$ NOT NULL,
    order_id nvarchar(60) $exact$ NOT NULL,
    at bigint NOT NULL,
    CONSTRAINT pk_redacted_orders PRIMARY KEY (store_id, order_id),
    CONSTRAINT fk_redacted_orders_store FOREIGN KEY (store_id) REFERENCES stores (id));
