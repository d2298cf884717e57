-- Refunds of held money and re-assessment: what of a reserve was never applied to the bill, and what
-- was carried between orders.
CREATE TABLE orders_16 (
    agency_id TEXT NOT NULL, -- the collecting agency
    id TEXT NOT NULL, -- "pay_" and a sortable id
    token_index TEXT NOT NULL, -- SHA-256 of the token in the bill's address
    token_sealed BYTEA NOT NULL, -- that token, sealed
    client_id TEXT NOT NULL, -- who asked for it
    reference TEXT NOT NULL, -- dossier code
    procedure_code TEXT NOT NULL, -- national code of the procedure
    procedure_name_vi TEXT NOT NULL, -- its name on the day, Vietnamese
    procedure_name_en TEXT NOT NULL, -- its name on the day, English
    received_on TEXT NOT NULL, -- day the dossier was received, YYYY-MM-DD: whose rules hold
    channel BIGINT NOT NULL CHECK (channel IN (0, 1)), -- 0 counter, 1 online
    state TEXT NOT NULL, -- see payments/order.def
    total_vnd BIGINT NOT NULL CHECK (total_vnd >= 0), -- due
    captured_vnd BIGINT NOT NULL CHECK (captured_vnd >= 0), -- received, less what was reversed
    bill_hash TEXT NOT NULL, -- SHA-256 over amounts and bases of the lines
    subject TEXT NOT NULL, -- account of the citizen, or empty
    level BIGINT NOT NULL, -- their identity level when it was priced, 0 unknown
    id_index TEXT NOT NULL, -- keyed digest of the payer's number or tax code, or empty
    payer_sealed BYTEA NOT NULL, -- sealed JSON: the payer's name, number and address
    return_url TEXT NOT NULL, -- where the payer goes afterwards, or empty
    locale TEXT NOT NULL, -- vi or en
    created_ms BIGINT NOT NULL, -- when it was asked for
    expires_ms BIGINT NOT NULL, -- from then on it cannot be paid
    updated_ms BIGINT NOT NULL, -- last change of its state
    expire_next_ms BIGINT NOT NULL, -- when a job looks next whether to close it, 0 never
    version BIGINT NOT NULL, -- counts takings of the row: the ETag
    event_seq BIGINT NOT NULL, -- number of its last event
    refunded_vnd BIGINT NOT NULL DEFAULT 0 CHECK (refunded_vnd >= 0), -- paid back
    reserved_vnd BIGINT NOT NULL DEFAULT 0 CHECK (reserved_vnd >= 0), -- refunds under way
    -- of refunded_vnd: what was never applied to the bill
    excess_refunded_vnd BIGINT NOT NULL DEFAULT 0
        CHECK (excess_refunded_vnd >= 0 AND excess_refunded_vnd <= refunded_vnd),
    superseded_by TEXT NOT NULL DEFAULT '', -- the order that took its place, or empty
    -- of reserved_vnd: what was never applied to the bill
    excess_reserved_vnd BIGINT NOT NULL DEFAULT 0
        CHECK (excess_reserved_vnd >= 0 AND excess_reserved_vnd <= reserved_vnd),
    -- of captured_vnd: from the order that this one corrects; below 0: to the one that did
    carried_vnd BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (agency_id, id),
    CHECK (refunded_vnd + reserved_vnd <= captured_vnd),
    -- what was applied to the bill
    CHECK (refunded_vnd - excess_refunded_vnd + reserved_vnd - excess_reserved_vnd <= total_vnd),
    CHECK (state <> 'paid' OR captured_vnd - excess_refunded_vnd = total_vnd),
    CHECK (state <> 'overpaid' OR captured_vnd - excess_refunded_vnd > total_vnd),
    CHECK (state <> 'open' OR captured_vnd = excess_refunded_vnd),
    CHECK (state <> 'underpaid' OR (captured_vnd - excess_refunded_vnd > 0
        AND refunded_vnd = excess_refunded_vnd AND reserved_vnd = excess_reserved_vnd)),
    CHECK (state <> 'refunded' OR refunded_vnd = captured_vnd),
    CHECK (state <> 'superseded' OR refunded_vnd = excess_refunded_vnd),
    CHECK ((state = 'superseded') = (superseded_by <> '')),
    CHECK (state <> 'exempt' OR total_vnd = 0)
);
INSERT INTO orders_16 (
    agency_id, id, token_index, token_sealed, client_id, reference, procedure_code,
    procedure_name_vi, procedure_name_en, received_on, channel, state, total_vnd, captured_vnd,
    bill_hash, subject, level, id_index, payer_sealed, return_url, locale, created_ms,
    expires_ms, updated_ms, expire_next_ms, version, event_seq, refunded_vnd, reserved_vnd,
    excess_refunded_vnd, superseded_by)
SELECT
    agency_id, id, token_index, token_sealed, client_id, reference, procedure_code,
    procedure_name_vi, procedure_name_en, received_on, channel, state, total_vnd, captured_vnd,
    bill_hash, subject, level, id_index, payer_sealed, return_url, locale, created_ms,
    expires_ms, updated_ms, expire_next_ms, version, event_seq, refunded_vnd, reserved_vnd,
    excess_refunded_vnd, superseded_by
FROM orders;
DROP TABLE orders;
ALTER TABLE orders_16 RENAME TO orders;
CREATE UNIQUE INDEX orders_by_id ON orders (id);
CREATE UNIQUE INDEX orders_by_token ON orders (token_index);
CREATE INDEX orders_by_reference ON orders (agency_id, reference, created_ms);
CREATE INDEX orders_by_subject ON orders (subject, created_ms);
CREATE INDEX orders_by_payer ON orders (id_index, created_ms);
CREATE INDEX orders_by_expiry ON orders (state, expire_next_ms);
