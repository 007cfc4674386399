-- What looks for the rows that refer to one. Without these a row that is written or dropped takes a look at all of its store's.

CREATE INDEX ix_programme_credit_customers_credit ON programme_credit_customers (store_id, credit_id);

CREATE INDEX ix_self_bills_merchant ON self_bills (store_id, merchant_id);

CREATE INDEX ix_self_bills_payee ON self_bills (store_id, payee_id);

CREATE INDEX ix_payee_tax_party ON payee_tax (store_id, party_id);
