-- What finds balances below zero, which are few among all, and the other rows of the same person (rule K4).

CREATE INDEX ix_balances_below_zero ON balances (store_id, ambassador_id, currency) WHERE account = 'approved' AND amount_minor < 0;
CREATE INDEX ix_ambassadors_person ON ambassadors (store_id, person_hash);
