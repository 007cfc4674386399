-- What success means for both sides, in the merchant's own words: shown to everybody on a campaign's join page and beside its rules.

ALTER TABLE campaigns ADD playbook nvarchar(2000) NULL;
