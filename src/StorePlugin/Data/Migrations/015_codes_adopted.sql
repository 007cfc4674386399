-- Ambassadors who were brought over with codes that live in the store already: which import brought the person, and since
-- when the code is tracked here. No discount is ever made for such a code.

ALTER TABLE ambassadors ADD import_id varchar(40) $exact$ NULL;

ALTER TABLE codes ADD adopted_at bigint NULL;
