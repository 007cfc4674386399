-- Stores, what they entrust to us, and who may come in.
-- Columns: text and bigint; instants in Unix milliseconds UTC; states as words. $exact$ compares byte by byte.

CREATE TABLE key_ring (
    id varchar(100) $exact$ NOT NULL,
    xml $text_max$ NOT NULL,
    created_at bigint NOT NULL,
    CONSTRAINT pk_key_ring PRIMARY KEY (id));

CREATE TABLE stores (
    id varchar(40) $exact$ NOT NULL,
    platform varchar(20) NOT NULL,
    mode varchar(10) NOT NULL,
    domain nvarchar(255) $exact$ NOT NULL,
    name nvarchar(200) NULL,
    currency varchar(3) NULL,
    time_zone varchar(60) NULL,
    primary_domain nvarchar(255) NULL,
    state varchar(20) NOT NULL,
    scopes nvarchar(1000) NULL,
    keys_sealed nvarchar(2000) NOT NULL,
    rehearses_store_id varchar(40) $exact$ NULL,
    created_at bigint NOT NULL,
    installed_at bigint NULL,
    uninstalled_at bigint NULL,
    CONSTRAINT pk_stores PRIMARY KEY (id),
    CONSTRAINT uq_stores_domain UNIQUE (platform, domain),
    CONSTRAINT ck_stores_platform CHECK (platform IN ('shopify', 'woocommerce', 'rehearsal')),
    CONSTRAINT ck_stores_mode CHECK (mode IN ('live', 'test')),
    CONSTRAINT ck_stores_state CHECK (state IN ('installing', 'installed', 'uninstalled')));

CREATE TABLE install_states (
    store_id varchar(40) $exact$ NOT NULL,
    state_hash varchar(64) $exact$ NOT NULL,
    cookie_hash varchar(64) $exact$ NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    used_at bigint NULL,
    CONSTRAINT pk_install_states PRIMARY KEY (store_id, state_hash),
    CONSTRAINT fk_install_states_store FOREIGN KEY (store_id) REFERENCES stores (id));

CREATE TABLE credentials (
    store_id varchar(40) $exact$ NOT NULL,
    kind varchar(40) NOT NULL,
    sealed $text_max$ NOT NULL,
    expires_at bigint NULL,
    updated_at bigint NOT NULL,
    CONSTRAINT pk_credentials PRIMARY KEY (store_id, kind),
    CONSTRAINT fk_credentials_store FOREIGN KEY (store_id) REFERENCES stores (id));

CREATE TABLE api_keys (
    store_id varchar(40) $exact$ NOT NULL,
    id varchar(40) $exact$ NOT NULL,
    key_hash varchar(64) $exact$ NOT NULL,
    access varchar(10) NOT NULL,
    created_at bigint NOT NULL,
    revoked_at bigint NULL,
    CONSTRAINT pk_api_keys PRIMARY KEY (store_id, id),
    CONSTRAINT ck_api_keys_access CHECK (access IN ('read', 'write')),
    CONSTRAINT fk_api_keys_store FOREIGN KEY (store_id) REFERENCES stores (id));

CREATE TABLE sign_in_links (
    store_id varchar(40) $exact$ NOT NULL,
    token_hash varchar(64) $exact$ NOT NULL,
    role varchar(20) NOT NULL,
    ambassador_id varchar(40) $exact$ NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    used_at bigint NULL,
    CONSTRAINT pk_sign_in_links PRIMARY KEY (store_id, token_hash),
    CONSTRAINT ck_sign_in_links_role CHECK (role IN ('owner', 'ambassador')),
    CONSTRAINT fk_sign_in_links_store FOREIGN KEY (store_id) REFERENCES stores (id));

CREATE TABLE sessions (
    store_id varchar(40) $exact$ NOT NULL,
    token_hash varchar(64) $exact$ NOT NULL,
    role varchar(20) NOT NULL,
    ambassador_id varchar(40) $exact$ NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    revoked_at bigint NULL,
    CONSTRAINT pk_sessions PRIMARY KEY (store_id, token_hash),
    CONSTRAINT ck_sessions_role CHECK (role IN ('owner', 'ambassador')),
    CONSTRAINT fk_sessions_store FOREIGN KEY (store_id) REFERENCES stores (id));
