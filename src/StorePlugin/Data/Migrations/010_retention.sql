-- What has had its time is found by an index and goes. Of the clicks there are, nobody noted which an order names: all stay.

UPDATE clicks SET used_at = at;

CREATE INDEX ix_clicks_unused ON clicks (at) WHERE used_at IS NULL;
CREATE INDEX ix_install_states_expires ON install_states (expires_at);
CREATE INDEX ix_sign_in_links_expires ON sign_in_links (expires_at);
CREATE INDEX ix_sessions_expires ON sessions (expires_at);
