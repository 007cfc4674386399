-- A revision that is not in force yet may be withdrawn: its row stays, and nobody reads its terms. Each one names the
-- revision that it was based on. A campaign's orders are found by their own instants.

ALTER TABLE campaign_revisions ADD based_on bigint NULL;

ALTER TABLE campaign_revisions ADD withdrawn_at bigint NULL;

ALTER TABLE campaign_revisions ADD withdrawn_by nvarchar(120) NULL;

CREATE INDEX ix_orders_campaign ON orders (store_id, campaign_id, at) WHERE campaign_id IS NOT NULL;
