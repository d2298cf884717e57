-- Organisations, who may act for them, and the mandates their representatives gave.

CREATE TABLE organisation (
    organisation_id TEXT NOT NULL PRIMARY KEY, -- "org_" and a keyed digest of the tax code
    code_index      TEXT NOT NULL UNIQUE,      -- keyed digest of the tax code, as bills carry it
    kind            BIGINT NOT NULL CHECK (kind IN (2, 3)), -- 2 enterprise, 3 other organisation
    profile         BYTEA NOT NULL,            -- sealed JSON: code, name, status, address
    pay_only        BIGINT NOT NULL CHECK (pay_only IN (0, 1)), -- 1: its status allows paying only
    checked_ms      BIGINT NOT NULL,           -- when the business register was asked; 0: never
    created_ms      BIGINT NOT NULL            -- when it was first heard of
);

-- A person on a ground of their own: the register names them, or VNeID says that the account is
-- the organisation's. Rows stay after their end, so that mandates keep their giver.
CREATE TABLE representation (
    organisation_id TEXT NOT NULL REFERENCES organisation (organisation_id), -- for whom
    account_id      TEXT NOT NULL REFERENCES account (account_id),           -- who
    role            TEXT NOT NULL CHECK (role IN ('legal_representative', 'organisation_account')), -- on which ground
    since_ms        BIGINT NOT NULL, -- since when without a break
    checked_ms      BIGINT NOT NULL, -- when the ground was last confirmed
    ended_ms        BIGINT,          -- when it was lost; NULL: it holds
    ended_why       TEXT CHECK (ended_why IN ('register', 'person')), -- who said so; NULL: it holds
    PRIMARY KEY (organisation_id, account_id)
);
CREATE INDEX representation_by_account ON representation (account_id);

CREATE TABLE mandate (
    mandate_id       TEXT NOT NULL PRIMARY KEY, -- "mnd_" and a sortable id
    organisation_id  TEXT NOT NULL REFERENCES organisation (organisation_id), -- for whom
    giver            TEXT NOT NULL REFERENCES account (account_id), -- the representative who gave it
    receiver_index   TEXT NOT NULL, -- keyed digest of the receiver's number
    receiver         BYTEA NOT NULL, -- sealed JSON: their number and name, as the giver wrote them
    receiver_account TEXT REFERENCES account (account_id), -- who accepted or declined; NULL: nobody yet
    state            TEXT NOT NULL CHECK (state IN ('given', 'accepted', 'declined', 'revoked', 'expired')), -- auth/mandate.def
    powers           TEXT NOT NULL,   -- space-separated: sign_in bills pay
    functions        TEXT NOT NULL,   -- space-separated words told to portals; empty: all
    amount_limit_vnd BIGINT NOT NULL CHECK (amount_limit_vnd >= 0), -- of one payment; 0: none
    from_ms          BIGINT NOT NULL, -- start of its first day, Vietnam
    until_ms         BIGINT NOT NULL, -- end of its last day, exclusive
    given_ms         BIGINT NOT NULL, -- when it was given
    CONSTRAINT mandate_days CHECK (until_ms > from_ms)
);
CREATE INDEX mandate_by_receiver ON mandate (receiver_index);
CREATE INDEX mandate_by_organisation ON mandate (organisation_id, giver);
CREATE INDEX mandate_by_until ON mandate (until_ms) WHERE state IN ('given', 'accepted');

-- What happened to a mandate, shown to both.
CREATE TABLE mandate_step (
    mandate_id TEXT NOT NULL REFERENCES mandate (mandate_id), -- to which
    place      BIGINT NOT NULL CHECK (place >= 0), -- order, from 0
    state      TEXT NOT NULL, -- where it led
    at_ms      BIGINT NOT NULL, -- when
    role       TEXT NOT NULL CHECK (role IN ('giver', 'receiver', 'representative', 'staff', 'register', 'time')), -- who did it
    PRIMARY KEY (mandate_id, place)
);

-- Grants that act for an organisation, to be taken back when the ground goes.
CREATE TABLE acting_grant (
    grant_id        TEXT NOT NULL PRIMARY KEY, -- of its tokens
    organisation_id TEXT NOT NULL REFERENCES organisation (organisation_id), -- for whom
    account_id      TEXT NOT NULL REFERENCES account (account_id), -- who acts
    mandate_id      TEXT,            -- by which mandate; NULL: on a ground of their own
    sid             TEXT NOT NULL,   -- of the session it belongs to
    client_id       TEXT NOT NULL,   -- the portal
    expires_ms      BIGINT NOT NULL  -- when none of its tokens can be left
);
CREATE INDEX acting_grant_by_account ON acting_grant (organisation_id, account_id);
CREATE INDEX acting_grant_by_mandate ON acting_grant (mandate_id);
CREATE INDEX acting_grant_by_expiry ON acting_grant (expires_ms);
