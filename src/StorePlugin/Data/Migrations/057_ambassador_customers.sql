-- Which customer of the store's platform an ambassador is: the keyed hash of the customer's number (rule F8) beside the ambassador,
-- so that the platform is asked once whose number it is.

CREATE TABLE ambassador_customers (
    store_id varchar(40) $exact$ NOT NULL,
    customer_key varchar(64) $exact$ NOT NULL,
    ambassador_id varchar(40) $exact$ NOT NULL,
    since_at bigint NOT NULL,
    CONSTRAINT pk_ambassador_customers PRIMARY KEY (store_id, customer_key),
    CONSTRAINT fk_ambassador_customers_ambassador FOREIGN KEY (store_id, ambassador_id) REFERENCES ambassadors (store_id, id));
