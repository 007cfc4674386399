-- What is known of the states of ambassadors who were here before: the approval, and each suspension with its end. In a file
-- of its own: a table takes rows once it is ready on every server.

-- Who approved an ambassador was not kept until now.
INSERT INTO ambassador_states (store_id, ambassador_id, number, state, at, actor)
SELECT a.store_id, a.id, 1, 'approved', a.approved_at, 'not recorded'
FROM ambassadors a;

-- Ids are in the order of their making: the first suspension has number 2 and its end 3, the next one 4 and 5.
INSERT INTO ambassador_states (store_id, ambassador_id, number, state, at, actor)
SELECT s.store_id, s.ambassador_id,
    2 + 2 * (SELECT CAST(COUNT(*) AS bigint) FROM suspensions e WHERE e.store_id = s.store_id AND e.ambassador_id = s.ambassador_id AND e.id < s.id),
    'suspended', s.from_at, s.from_actor
FROM suspensions s;

INSERT INTO ambassador_states (store_id, ambassador_id, number, state, at, actor)
SELECT s.store_id, s.ambassador_id,
    3 + 2 * (SELECT CAST(COUNT(*) AS bigint) FROM suspensions e WHERE e.store_id = s.store_id AND e.ambassador_id = s.ambassador_id AND e.id < s.id),
    'approved', s.until_at, COALESCE(s.until_actor, 'not recorded')
FROM suspensions s
WHERE s.until_at IS NOT NULL;
