-- What a discount of the rehearsal platform may say besides: an amount in place of the percentage, limits and an end. A limit
-- of uses is only remembered, since shoppers of a rehearsal shop buy outside of it.

ALTER TABLE rehearsal_discounts ADD amount_minor bigint NULL;

ALTER TABLE rehearsal_discounts ADD minimum_minor bigint NULL;

ALTER TABLE rehearsal_discounts ADD usage_limit bigint NULL;

ALTER TABLE rehearsal_discounts ADD customer_uses varchar(10) NULL;

ALTER TABLE rehearsal_discounts ADD ends_at bigint NULL;

ALTER TABLE rehearsal_discounts ADD deactivated_at bigint NULL;
