-- What the public sees of a store and of its ambassadors, as they have said it themselves: the store's colour, words and logo, and on an
-- ambassador's page the name that they show, words and a picture. Nothing is shown of an ambassador before they have said it.
-- pictures: made anew from what was sent, of a known size and without what a camera writes into it; the newest of each use is shown.

CREATE TABLE store_looks (
    store_id varchar(40) $exact$ NOT NULL,
    colour varchar(7) NULL,
    headline nvarchar(120) NULL,
    about nvarchar(600) NULL,
    logo_id varchar(40) $exact$ NULL,
    updated_at bigint NOT NULL,
    actor nvarchar(120) NOT NULL,
    CONSTRAINT pk_store_looks PRIMARY KEY (store_id),
    CONSTRAINT fk_store_looks_store FOREIGN KEY (store_id) REFERENCES stores (id));

CREATE TABLE ambassador_pages (
    store_id varchar(40) $exact$ NOT NULL,
    ambassador_id varchar(40) $exact$ NOT NULL,
    shown_name nvarchar(60) NULL,
    words nvarchar(500) NULL,
    picture_id varchar(40) $exact$ NULL,
    updated_at bigint NOT NULL,
    CONSTRAINT pk_ambassador_pages PRIMARY KEY (store_id, ambassador_id),
    CONSTRAINT fk_ambassador_pages_ambassador FOREIGN KEY (store_id, ambassador_id) REFERENCES ambassadors (store_id, id));

CREATE TABLE pictures (
    store_id varchar(40) $exact$ NOT NULL,
    id varchar(40) $exact$ NOT NULL,
    media_type varchar(20) NOT NULL,
    content $bytes_max$ NOT NULL,
    width bigint NOT NULL,
    height bigint NOT NULL,
    created_at bigint NOT NULL,
    CONSTRAINT pk_pictures PRIMARY KEY (store_id, id),
    CONSTRAINT fk_pictures_store FOREIGN KEY (store_id) REFERENCES stores (id));
