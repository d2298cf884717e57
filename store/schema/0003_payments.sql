-- Fees owed, attempts to pay them, the books and the receipts. Every key begins with agency_id, so
-- that the tables can be distributed by agency. Journals, postings, events and receipts are never
-- updated but for a receipt's state; states are written by order_step and attempt_step only.
CREATE TABLE orders (
    agency_id TEXT NOT NULL,
    id TEXT NOT NULL,
    token_index TEXT NOT NULL,
    token_sealed BYTEA NOT NULL,
    client_id TEXT NOT NULL,
    reference TEXT NOT NULL,
    procedure_code TEXT NOT NULL,
    procedure_name_vi TEXT NOT NULL,
    procedure_name_en TEXT NOT NULL,
    received_on TEXT NOT NULL,
    channel BIGINT NOT NULL CHECK (channel IN (0, 1)),
    state TEXT NOT NULL,
    total_vnd BIGINT NOT NULL CHECK (total_vnd >= 0),
    captured_vnd BIGINT NOT NULL CHECK (captured_vnd >= 0),
    bill_hash TEXT NOT NULL,
    subject TEXT NOT NULL,
    level BIGINT NOT NULL,
    id_index TEXT NOT NULL,
    payer_sealed BYTEA NOT NULL,
    return_url TEXT NOT NULL,
    locale TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL,
    expire_next_ms BIGINT NOT NULL,
    version BIGINT NOT NULL,
    event_seq BIGINT NOT NULL,
    PRIMARY KEY (agency_id, id),
    CHECK (state <> 'paid' OR captured_vnd = total_vnd),
    CHECK (state <> 'overpaid' OR captured_vnd > total_vnd),
    CHECK (state <> 'open' OR captured_vnd = 0),
    CHECK (state <> 'exempt' OR total_vnd = 0)
);
CREATE UNIQUE INDEX orders_by_id ON orders (id);
CREATE UNIQUE INDEX orders_by_token ON orders (token_index);
CREATE INDEX orders_by_reference ON orders (agency_id, reference, created_ms);
CREATE INDEX orders_by_subject ON orders (subject, created_ms);
CREATE INDEX orders_by_payer ON orders (id_index, created_ms);
CREATE INDEX orders_by_expiry ON orders (state, expire_next_ms);

CREATE TABLE order_line (
    agency_id TEXT NOT NULL,
    order_id TEXT NOT NULL,
    n BIGINT NOT NULL,
    fee TEXT NOT NULL,
    kind BIGINT NOT NULL CHECK (kind IN (1, 2)),
    name_vi TEXT NOT NULL,
    name_en TEXT NOT NULL,
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    base_vnd BIGINT NOT NULL CHECK (base_vnd >= 0),
    gross_vnd BIGINT NOT NULL CHECK (gross_vnd >= 0),
    reduction_vnd BIGINT NOT NULL CHECK (reduction_vnd >= 0),
    net_vnd BIGINT NOT NULL CHECK (net_vnd >= 0 AND net_vnd = gross_vnd - reduction_vnd),
    retained_vnd BIGINT NOT NULL CHECK (retained_vnd >= 0),
    budget_vnd BIGINT NOT NULL CHECK (budget_vnd >= 0 AND retained_vnd + budget_vnd = net_vnd),
    basis TEXT NOT NULL,
    basis_text TEXT NOT NULL,
    reduction_id TEXT NOT NULL,
    reduction_text TEXT NOT NULL,
    explain_json TEXT NOT NULL,
    PRIMARY KEY (agency_id, order_id, n),
    CHECK (kind = 1 OR retained_vnd = 0)
);

CREATE TABLE order_event (
    agency_id TEXT NOT NULL,
    order_id TEXT NOT NULL,
    seq BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    attempt_n BIGINT NOT NULL,
    event TEXT NOT NULL,
    from_state TEXT NOT NULL,
    to_state TEXT NOT NULL,
    actor TEXT NOT NULL,
    source TEXT NOT NULL,
    mismatch TEXT NOT NULL,
    evidence TEXT NOT NULL,
    evidence_hash TEXT NOT NULL,
    PRIMARY KEY (agency_id, order_id, seq)
);
CREATE INDEX order_event_by_mismatch ON order_event (mismatch, at_ms);

CREATE TABLE attempt (
    agency_id TEXT NOT NULL,
    order_id TEXT NOT NULL,
    n BIGINT NOT NULL CHECK (n > 0),
    reference TEXT NOT NULL,
    state TEXT NOT NULL,
    amount_vnd BIGINT NOT NULL CHECK (amount_vnd > 0),
    init_time TEXT NOT NULL,
    info TEXT NOT NULL,
    payer_ip TEXT NOT NULL,
    pay_url TEXT NOT NULL,
    portal_txn TEXT NOT NULL,
    bank TEXT NOT NULL,
    portal_time TEXT NOT NULL,
    portal_day TEXT NOT NULL,
    failure TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL,
    captured_ms BIGINT NOT NULL,
    query_next_ms BIGINT NOT NULL,
    query_count BIGINT NOT NULL,
    not_found_ms BIGINT NOT NULL,
    PRIMARY KEY (agency_id, order_id, n),
    CHECK ((state = 'captured') = (captured_ms > 0))
);
CREATE UNIQUE INDEX attempt_by_reference ON attempt (reference);
CREATE INDEX attempt_by_query ON attempt (query_next_ms);
CREATE INDEX attempt_by_day ON attempt (portal_day, reference);

CREATE TABLE ledger_head (
    agency_id TEXT NOT NULL,
    slot BIGINT NOT NULL,
    n BIGINT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (agency_id, slot)
);

CREATE TABLE journal (
    agency_id TEXT NOT NULL,
    slot BIGINT NOT NULL,
    n BIGINT NOT NULL CHECK (n > 0),
    kind TEXT NOT NULL,
    source TEXT NOT NULL,
    order_id TEXT NOT NULL,
    attempt_n BIGINT NOT NULL,
    day TEXT NOT NULL,
    corrects TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    total_vnd BIGINT NOT NULL CHECK (total_vnd > 0),
    prev_hash TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (agency_id, slot, n)
);
CREATE UNIQUE INDEX journal_by_source ON journal (agency_id, source);
CREATE INDEX journal_by_order ON journal (agency_id, order_id);
CREATE INDEX journal_by_day ON journal (day, agency_id);

CREATE TABLE posting (
    agency_id TEXT NOT NULL,
    slot BIGINT NOT NULL,
    journal_n BIGINT NOT NULL,
    line BIGINT NOT NULL CHECK (line > 0),
    account BIGINT NOT NULL CHECK (account BETWEEN 1000 AND 9999),
    side BIGINT NOT NULL CHECK (side IN (0, 1)),
    amount_vnd BIGINT NOT NULL CHECK (amount_vnd > 0),
    fee TEXT NOT NULL,
    PRIMARY KEY (agency_id, slot, journal_n, line),
    FOREIGN KEY (agency_id, slot, journal_n) REFERENCES journal (agency_id, slot, n)
);

CREATE TABLE receipt_head (
    agency_id TEXT NOT NULL,
    form TEXT NOT NULL,
    serial TEXT NOT NULL,
    year BIGINT NOT NULL,
    last BIGINT NOT NULL CHECK (last BETWEEN 1 AND 99999999),
    PRIMARY KEY (agency_id, form, serial, year)
);

CREATE TABLE receipt (
    agency_id TEXT NOT NULL,
    form TEXT NOT NULL,
    serial TEXT NOT NULL,
    year BIGINT NOT NULL,
    number BIGINT NOT NULL CHECK (number BETWEEN 1 AND 99999999),
    id TEXT NOT NULL,
    code TEXT NOT NULL,
    order_id TEXT NOT NULL,
    kind BIGINT NOT NULL CHECK (kind IN (1, 2)),
    revision BIGINT NOT NULL,
    amount_vnd BIGINT NOT NULL CHECK (amount_vnd > 0),
    words TEXT NOT NULL,
    issued_ms BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('issued', 'notified', 'replaced')),
    reference TEXT NOT NULL,
    procedure_name TEXT NOT NULL,
    body_name TEXT NOT NULL,
    body_tax_code TEXT NOT NULL,
    body_address TEXT NOT NULL,
    portal_txn TEXT NOT NULL,
    lines_json TEXT NOT NULL,
    payer_sealed BYTEA NOT NULL,
    PRIMARY KEY (agency_id, form, serial, year, number)
);
CREATE UNIQUE INDEX receipt_by_id ON receipt (id);
CREATE UNIQUE INDEX receipt_by_code ON receipt (code);
CREATE UNIQUE INDEX receipt_by_order ON receipt (agency_id, order_id, kind, revision);

CREATE TABLE portal_bill (
    agency_id TEXT NOT NULL,
    reference TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    bytes BIGINT NOT NULL CHECK (bytes > 0),
    pdf_sealed BYTEA NOT NULL,
    PRIMARY KEY (agency_id, reference)
);

CREATE TABLE idempotency (
    agency_id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    path TEXT NOT NULL,
    idem_key TEXT NOT NULL,
    body_hash TEXT NOT NULL,
    status BIGINT NOT NULL,
    reply_sealed BYTEA NOT NULL,
    created_ms BIGINT NOT NULL,
    PRIMARY KEY (agency_id, client_id, path, idem_key)
);
CREATE UNIQUE INDEX idempotency_by_key ON idempotency (client_id, path, idem_key);
CREATE INDEX idempotency_by_age ON idempotency (created_ms);

CREATE TABLE quarantine (
    agency_id TEXT NOT NULL,
    id TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    reason TEXT NOT NULL,
    ip TEXT NOT NULL,
    request_id TEXT NOT NULL,
    body_hash TEXT NOT NULL,
    body_bytes BIGINT NOT NULL,
    body_sealed BYTEA NOT NULL,
    PRIMARY KEY (agency_id, id)
);

CREATE TABLE outbox (
    agency_id TEXT NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'done', 'dead')),
    tries BIGINT NOT NULL,
    due_ms BIGINT NOT NULL,
    created_ms BIGINT NOT NULL,
    done_ms BIGINT NOT NULL,
    failure TEXT NOT NULL,
    PRIMARY KEY (agency_id, id)
);
CREATE INDEX outbox_by_due ON outbox (state, due_ms);
