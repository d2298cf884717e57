-- What a person agreed to share, and with whom (Law 91/2025: consent for each purpose, withdrawable).

CREATE TABLE consent (
    account_id TEXT NOT NULL REFERENCES account (account_id), -- whose data
    client_id  TEXT NOT NULL,     -- with whom; it may have been removed since
    scopes     TEXT NOT NULL,     -- agreed to, space-separated
    claims     TEXT NOT NULL,     -- single claims agreed to beside those of the scopes, space-separated
    agreed_ms  BIGINT NOT NULL,   -- when it was last agreed to
    expires_ms BIGINT NOT NULL,   -- asked again from then on; the row goes
    PRIMARY KEY (account_id, client_id)
);

CREATE INDEX consent_by_end ON consent (expires_ms);
