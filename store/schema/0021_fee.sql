-- Fee tables published by two persons, quotes, what is granted once a year, and what an order was
-- priced from.
ALTER TABLE order_line ADD COLUMN refundable BIGINT NOT NULL DEFAULT 1
    CHECK (refundable IN (0, 1)); -- 1: paid back when the dossier is refused

CREATE TABLE order_case (
    agency_id TEXT NOT NULL, -- of the order
    order_id TEXT NOT NULL, -- the order
    case_json TEXT NOT NULL, -- items and categories as asked for: to price it again
    PRIMARY KEY (agency_id, order_id)
);

CREATE TABLE fee_quota (
    agency_id TEXT NOT NULL, -- of the order
    order_id TEXT NOT NULL, -- the order whose line took the preference
    asset TEXT NOT NULL, -- kind of asset: land, car, motorbike
    citizen TEXT NOT NULL, -- keyed digest of the citizen's account
    year BIGINT NOT NULL, -- of the dossier's receipt
    -- reserved with the order, consumed when it is paid, released when it ends unpaid
    state TEXT NOT NULL CHECK (state IN ('reserved', 'consumed', 'released')),
    at_ms BIGINT NOT NULL, -- since when
    PRIMARY KEY (agency_id, order_id, asset)
);
CREATE UNIQUE INDEX fee_quota_once ON fee_quota (citizen, asset, year) WHERE state <> 'released';

CREATE TABLE fee_version (
    n BIGINT NOT NULL PRIMARY KEY CHECK (n > 0), -- number of the version, from 1
    sha256 TEXT NOT NULL, -- of tables_json
    tables_json TEXT NOT NULL, -- all fee tables, canonical JSON
    -- open until decided; the active one with the largest number is in force
    state TEXT NOT NULL CHECK (state IN ('open', 'active', 'rejected')),
    made_by TEXT NOT NULL, -- "staff:<name>"
    made_ms BIGINT NOT NULL, -- when
    decided_by TEXT NOT NULL, -- who approved or rejected, or empty
    decided_ms BIGINT NOT NULL, -- when, 0 not yet
    CHECK ((state = 'open') = (decided_ms = 0)),
    CHECK (state = 'open' OR decided_by <> '')
);

CREATE TABLE fee_quote (
    agency_id TEXT NOT NULL, -- whose fees
    id TEXT NOT NULL, -- "quo_" and a sortable id
    client_id TEXT NOT NULL, -- who asked
    subject TEXT NOT NULL, -- account of the citizen, or empty
    level BIGINT NOT NULL, -- their identity level, 0 unknown
    case_json TEXT NOT NULL, -- procedure, day, channel, items, categories
    total_vnd BIGINT NOT NULL CHECK (total_vnd >= 0), -- due
    bill_hash TEXT NOT NULL, -- SHA-256 over amounts and bases of the lines
    created_ms BIGINT NOT NULL, -- when
    expires_ms BIGINT NOT NULL, -- from then on it binds nobody, and is purged
    PRIMARY KEY (agency_id, id)
);
CREATE UNIQUE INDEX fee_quote_by_id ON fee_quote (id);
CREATE INDEX fee_quote_by_expiry ON fee_quote (expires_ms);
