-- An application ends: one that nobody answered after a time, found by its own index; and of one that was approved the ambassador
-- has name and address, so that the row needs them no longer.

CREATE INDEX ix_applications_waiting ON applications (applied_at) WHERE state = 'applied';

UPDATE applications SET name = '', email = '', email_key = '', message = NULL, erased_at = decided_at
WHERE state = 'approved' AND erased_at IS NULL;
