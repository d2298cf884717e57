-- Who may ask, who has signed in, and the officers with a local account.

CREATE TABLE client (
    client_id   TEXT NOT NULL PRIMARY KEY, -- [a-z0-9-]{3,64}, chosen at registration
    name_vi     TEXT NOT NULL,             -- shown to the citizen, Vietnamese
    name_en     TEXT NOT NULL,             -- shown to the citizen, English
    secret_hash BYTEA,                     -- SHA-256 of the secret; NULL: a public client
    scopes      TEXT NOT NULL,             -- space-separated: what it may ask for
    grants      TEXT NOT NULL,             -- space-separated OAuth grant types
    sector      TEXT NOT NULL,             -- pairwise subjects are equal within one sector
    profile     TEXT NOT NULL CHECK (profile IN ('oidc')), -- set of protocol rules
    created_ms  BIGINT NOT NULL            -- when it was registered
);

CREATE TABLE client_uri (
    client_id TEXT NOT NULL REFERENCES client (client_id) ON DELETE CASCADE, -- whose
    use       TEXT NOT NULL CHECK (use IN ('redirect', 'post_logout')), -- what it may be used for
    place     BIGINT NOT NULL, -- order of registration, from 0
    uri       TEXT NOT NULL,   -- compared byte for byte
    PRIMARY KEY (client_id, use, place)
);

CREATE TABLE account (
    account_id    TEXT NOT NULL PRIMARY KEY, -- "acc_" and a sortable id; the subject in other rooms
    kind          BIGINT NOT NULL CHECK (kind IN (1, 2, 3)), -- 1 citizen, 2 enterprise, 3 organisation
    level         BIGINT NOT NULL CHECK (level IN (1, 2)),   -- identity level at the last sign-in
    id_index      TEXT,            -- keyed digest of the number a bill carries; NULL: no number
    profile       BYTEA NOT NULL,  -- sealed JSON: what the last sign-in told about the person
    checked       BIGINT NOT NULL, -- 1: the population database confirmed the last sign-in
    degraded      BIGINT NOT NULL, -- 1: it could not be asked then, and the policy let it pass
    pay_only      BIGINT NOT NULL, -- 1: the enterprise's status allows paying only
    checked_ms    BIGINT NOT NULL, -- when the database was asked; 0: it was not
    created_ms    BIGINT NOT NULL, -- first sign-in
    updated_ms    BIGINT NOT NULL  -- last sign-in
);

-- A person has one account, however many upstream accounts lead to it. An enterprise has one for
-- each upstream account, since another representative is another person.
CREATE UNIQUE INDEX account_by_number ON account (id_index) WHERE kind = 1 AND id_index IS NOT NULL;

CREATE TABLE account_link (
    issuer     TEXT NOT NULL, -- of the upstream sign-in
    tech_index TEXT NOT NULL, -- keyed digest of the upstream's stable key (TechID)
    account_id TEXT NOT NULL REFERENCES account (account_id), -- which account it leads to
    created_ms BIGINT NOT NULL, -- first sign-in with it
    PRIMARY KEY (issuer, tech_index)
);

CREATE INDEX account_link_by_account ON account_link (account_id);

CREATE TABLE staff (
    staff_name   TEXT NOT NULL PRIMARY KEY, -- what is typed at sign-in, [a-z0-9.-]{3,64}
    display_name TEXT NOT NULL,             -- shown on pages and in reports
    role         TEXT NOT NULL CHECK (role IN ('viewer', 'officer', 'approver', 'administrator')), -- what it may do
    password     TEXT NOT NULL,             -- argon2id, encoded with its parameters
    disabled     BIGINT NOT NULL,           -- 1: may not sign in, and its sessions end
    created_ms   BIGINT NOT NULL,           -- when the account was made
    password_ms  BIGINT NOT NULL            -- when the password was last set
);
