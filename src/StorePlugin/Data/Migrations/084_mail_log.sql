-- The merchant's log of mails goes by the newest first and reads no further than a month. The unique key has the subjects in between, and
-- the primary key every other kind of effect.

CREATE INDEX ix_effects_mails ON effects (store_id, kind, id) WHERE kind = 'mail';
