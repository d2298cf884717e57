-- Paying money back. A refund's row is written by refund_step only, each change with a row of its
-- history; lines and events are never changed. One refund of a capture is open at a time.
CREATE TABLE refund (
    agency_id TEXT NOT NULL, -- of the order
    id TEXT NOT NULL, -- "rfd_" and a sortable id
    order_id TEXT NOT NULL, -- the order
    attempt_n BIGINT NOT NULL CHECK (attempt_n > 0), -- the capture that is paid back
    state TEXT NOT NULL, -- see payments/refund.def
    route TEXT NOT NULL CHECK (route IN ('channel', 'bank', 'treasury')), -- which way it goes back
    amount_vnd BIGINT NOT NULL CHECK (amount_vnd > 0), -- all of it
    -- of it, what was never applied to the bill (held in suspense)
    excess_vnd BIGINT NOT NULL CHECK (excess_vnd >= 0 AND excess_vnd <= amount_vnd),
    account BIGINT NOT NULL, -- of the books: where it is paid from
    reason TEXT NOT NULL, -- code: see conf/refunds
    payee_sealed BYTEA NOT NULL, -- sealed JSON: name, bank and account of who gets it
    payee_shown TEXT NOT NULL, -- the same, masked
    maker TEXT NOT NULL, -- who asked for it
    proposal_id TEXT NOT NULL, -- what another person decides on
    channel TEXT NOT NULL, -- of the capture
    reference TEXT NOT NULL, -- ours at the channel or bank, committed before it is sent; or empty
    sent_time TEXT NOT NULL, -- 14 digits, local: when it was first sent, or empty
    txn TEXT NOT NULL, -- the channel's, bank's or treasury's number once it is paid, or empty
    failure TEXT NOT NULL, -- last word of who would not pay, or empty
    document TEXT NOT NULL, -- canonical JSON of the order to the treasury or bank, or empty
    created_ms BIGINT NOT NULL, -- when it was asked for
    updated_ms BIGINT NOT NULL, -- last change of its state
    next_ms BIGINT NOT NULL, -- when a job looks at it next, 0 never
    tries BIGINT NOT NULL, -- questions so far
    event_seq BIGINT NOT NULL, -- number of its last event
    PRIMARY KEY (agency_id, id),
    CHECK (state NOT IN ('submitting', 'submitted', 'unknown') OR reference <> '')
);
CREATE UNIQUE INDEX refund_by_id ON refund (id);
CREATE UNIQUE INDEX refund_open ON refund (agency_id, order_id, attempt_n)
    WHERE state NOT IN ('rejected', 'cancelled', 'succeeded', 'failed');
CREATE UNIQUE INDEX refund_by_reference ON refund (reference) WHERE reference <> '';
CREATE INDEX refund_by_order ON refund (agency_id, order_id, created_ms);
CREATE INDEX refund_by_state ON refund (state, created_ms, id);
CREATE INDEX refund_by_age ON refund (created_ms, id);
CREATE INDEX refund_by_next ON refund (next_ms) WHERE next_ms > 0;

CREATE TABLE refund_line (
    agency_id TEXT NOT NULL, -- of the refund
    refund_id TEXT NOT NULL, -- the refund
    n BIGINT NOT NULL CHECK (n > 0), -- place within it, from 1
    account BIGINT NOT NULL, -- of the books: 2110, 2120, 2130, or 2150 for what was held
    fee TEXT NOT NULL, -- whose fee it is, or empty
    amount_vnd BIGINT NOT NULL CHECK (amount_vnd > 0), -- paid back of it
    PRIMARY KEY (agency_id, refund_id, n)
);

CREATE TABLE refund_event (
    agency_id TEXT NOT NULL, -- of the refund
    refund_id TEXT NOT NULL, -- the refund
    seq BIGINT NOT NULL, -- number within the refund, from 1
    at_ms BIGINT NOT NULL, -- when
    event TEXT NOT NULL, -- see payments/refund.def
    from_state TEXT NOT NULL, -- state before
    to_state TEXT NOT NULL, -- state after
    actor TEXT NOT NULL, -- who: staff:<name>, client:<id>, system
    source TEXT NOT NULL, -- by what: api, page, poll
    mismatch TEXT NOT NULL, -- class of what does not fit, or empty
    evidence TEXT NOT NULL, -- canonical JSON of the message or document number, cut, or empty
    evidence_hash TEXT NOT NULL, -- SHA-256 of the whole of it, or empty
    PRIMARY KEY (agency_id, refund_id, seq)
);
