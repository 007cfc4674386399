-- Warnings of payout runs are acknowledged as exemptions.

ALTER TABLE exemptions DROP CONSTRAINT ck_exemptions_rule;

ALTER TABLE exemptions ADD CONSTRAINT ck_exemptions_rule CHECK ([rule] IN ('F2', 'F4', 'F5', 'F6', 'SHARE', 'TEAM'));
