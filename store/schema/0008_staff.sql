-- Officers get a second factor, roles that a later role may join, and invitations. The table is made
-- anew: neither engine changes a CHECK of a column in a way that the other understands.

CREATE TABLE staff_role (
    role  TEXT NOT NULL PRIMARY KEY, -- as it stands in staff.role
    place BIGINT NOT NULL            -- a ladder: each may do all that the ones below may
);
INSERT INTO staff_role (role, place) VALUES ('viewer', 0), ('auditor', 1), ('officer', 2),
    ('treasurer', 3), ('approver', 4), ('administrator', 5);

CREATE TABLE staff_next (
    staff_name   TEXT NOT NULL PRIMARY KEY, -- what is typed at sign-in, [a-z0-9.-]{3,64}
    display_name TEXT NOT NULL,             -- shown on pages and in reports
    role         TEXT NOT NULL REFERENCES staff_role (role), -- what it may do
    password     TEXT NOT NULL,             -- argon2id with its parameters; '': only an invitation leads in
    disabled     BIGINT NOT NULL,           -- 1: may not sign in, and its sessions end
    created_ms   BIGINT NOT NULL,           -- when the account was made
    password_ms  BIGINT NOT NULL,           -- when the password was last set
    used_ms      BIGINT NOT NULL,           -- last sign-in, or when the account was made or opened again
    epoch        BIGINT NOT NULL,           -- goes up with each change; sessions of an older one have ended
    factor_due   BIGINT NOT NULL,           -- 1: a second factor is needed also where it is only preferred
    otp_secret   BYTEA,                     -- sealed secret of RFC 6238; NULL: none
    otp_step     BIGINT NOT NULL,           -- the last time step a code was taken of: each is taken once
    otp_ms       BIGINT NOT NULL            -- when the secret was made; 0: never
);
INSERT INTO staff_next (staff_name, display_name, role, password, disabled, created_ms, password_ms,
                        used_ms, epoch, factor_due, otp_secret, otp_step, otp_ms)
SELECT staff_name, display_name, role, password, disabled, created_ms, password_ms,
       password_ms, 1, 0, NULL, 0, 0 FROM staff;
DROP TABLE staff;
ALTER TABLE staff_next RENAME TO staff;

CREATE TABLE staff_password (
    staff_name TEXT NOT NULL REFERENCES staff (staff_name), -- whose
    password   TEXT NOT NULL,   -- one of the last ten, encoded: none of them is taken again
    set_ms     BIGINT NOT NULL, -- when it was set
    PRIMARY KEY (staff_name, password)
);
INSERT INTO staff_password (staff_name, password, set_ms)
SELECT staff_name, password, password_ms FROM staff;

CREATE TABLE staff_recovery (
    staff_name TEXT NOT NULL REFERENCES staff (staff_name), -- whose
    digest     TEXT NOT NULL,   -- keyed digest of a code that stands in for the second factor once
    used_ms    BIGINT NOT NULL, -- 0: not yet
    PRIMARY KEY (staff_name, digest)
);

CREATE TABLE staff_invitation (
    digest     TEXT NOT NULL PRIMARY KEY, -- SHA-256 of the link's token
    staff_name TEXT NOT NULL REFERENCES staff (staff_name), -- whom it lets set a password
    made_by    TEXT NOT NULL,   -- actor, as in the audit log
    expires_ms BIGINT NOT NULL  -- after that it opens nothing and may be deleted
);
CREATE INDEX staff_invitation_by_name ON staff_invitation (staff_name);
CREATE INDEX staff_invitation_by_end ON staff_invitation (expires_ms);

CREATE TABLE staff_passkey (
    credential_id TEXT NOT NULL PRIMARY KEY, -- base64url, as the authenticator named it
    staff_name    TEXT NOT NULL REFERENCES staff (staff_name), -- whose
    label         TEXT NOT NULL,   -- what the officer calls it
    public_key    BYTEA NOT NULL,  -- as libfido2 keeps it
    alg           BIGINT NOT NULL CHECK (alg IN (-7, -257, -8)), -- COSE
    sign_count    BIGINT NOT NULL, -- the authenticator's counter: one that goes back is a copy
    created_ms    BIGINT NOT NULL, -- when it was registered
    used_ms       BIGINT NOT NULL  -- last sign-in with it; 0: none
);
CREATE INDEX staff_passkey_by_name ON staff_passkey (staff_name);

-- What touches administrators takes two of them: one asks, another confirms.
CREATE TABLE staff_request (
    request_id TEXT NOT NULL PRIMARY KEY, -- random
    staff_name TEXT NOT NULL REFERENCES staff (staff_name), -- to whose account
    action     TEXT NOT NULL CHECK (action IN ('role', 'disable', 'enable', 'invite', 'reset')), -- what is asked
    role       TEXT NOT NULL,   -- of action role; else empty
    made_by    TEXT NOT NULL,   -- staff_name of who asks: never the one who confirms
    made_ms    BIGINT NOT NULL, -- when
    expires_ms BIGINT NOT NULL  -- after that it counts no more and may be deleted
);
CREATE INDEX staff_request_by_end ON staff_request (expires_ms);

-- What happened in a time, for the administrators' page.
CREATE INDEX audit_log_time ON audit_log (at_ms, slot, seq);
