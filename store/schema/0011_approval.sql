-- What a person is asked to approve on another device: device authorization (RFC 8628) and CIBA.

CREATE TABLE approval (
    approval_id TEXT NOT NULL PRIMARY KEY, -- digest of the device code or auth_req_id
    kind        TEXT NOT NULL CONSTRAINT approval_kind CHECK (kind IN ('device', 'ciba')),
    state       TEXT NOT NULL -- see auth/approval.def
        CONSTRAINT approval_state CHECK (state IN ('WAITING', 'APPROVED', 'DENIED', 'TAKEN')),
    client_id   TEXT NOT NULL,   -- who asks
    user_code   TEXT NOT NULL,   -- digest of what the person types; empty with ciba
    person      TEXT NOT NULL,   -- keyed index of the number of whom it is asked; empty with device
    scope       TEXT NOT NULL,   -- space-separated
    resources   TEXT NOT NULL,   -- RFC 8707, space-separated
    acr         BIGINT NOT NULL, -- level of authentication that is needed, 0 for any
    binding     TEXT NOT NULL,   -- what stands on the device that asks; or empty
    notify      BYTEA,           -- sealed token with which the client is pinged; NULL: it polls
    allowed     TEXT NOT NULL,   -- the grant, once approved
    created_ms  BIGINT NOT NULL, -- when it was asked
    expires_ms  BIGINT NOT NULL  -- when it can no longer be answered or taken
);

CREATE UNIQUE INDEX approval_by_code ON approval (user_code) WHERE user_code <> '';
CREATE INDEX approval_by_person ON approval (person, expires_ms) WHERE person <> '';
CREATE INDEX approval_by_end ON approval (expires_ms);
