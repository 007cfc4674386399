-- How often the discount of a code was asked to work for each customer: once, or many times. Null: from before this was written down.

ALTER TABLE codes ADD discount_uses varchar(10) NULL;
