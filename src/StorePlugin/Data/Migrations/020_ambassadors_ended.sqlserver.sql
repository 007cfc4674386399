-- An ambassador may leave for good.

ALTER TABLE ambassadors DROP CONSTRAINT ck_ambassadors_state;

ALTER TABLE ambassadors ADD CONSTRAINT ck_ambassadors_state CHECK (state IN ('approved', 'suspended', 'ended'));
