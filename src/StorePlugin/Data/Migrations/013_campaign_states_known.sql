-- What is known of the states of campaigns that were here before. In a file of its own: a table takes rows once it is ready
-- on every server.

INSERT INTO campaign_states (store_id, campaign_id, number, state, at, actor)
SELECT c.store_id, c.id, 1, 'draft', c.created_at, r.actor
FROM campaigns c
JOIN campaign_revisions r ON r.store_id = c.store_id AND r.campaign_id = c.id AND r.revision = 1;

-- Who launched a campaign was not kept until now.
INSERT INTO campaign_states (store_id, campaign_id, number, state, at, actor)
SELECT c.store_id, c.id, 2, 'live', c.launched_at, 'not recorded'
FROM campaigns c
WHERE c.launched_at IS NOT NULL;
