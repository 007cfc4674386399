-- An effect may now wait for an hour that was set when it was written, such as a digest for the morning. What waits for a
-- retry is told from that by the outcome of its last try, and /readyz counts it without reading what is only scheduled.

CREATE INDEX ix_effects_retried ON effects (due_at) WHERE state = 'pending' AND outcome IS NOT NULL;
