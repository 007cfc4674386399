-- VAT is an account of its own.

ALTER TABLE ledger_entries DROP CONSTRAINT ck_ledger_entries_account;

ALTER TABLE ledger_entries ADD CONSTRAINT ck_ledger_entries_account CHECK (account IN
    ('held', 'review', 'approved', 'in_payout', 'paid', 'expense', 'written_off', 'vat'));
