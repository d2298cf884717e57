-- Fees owed, attempts to pay them, the books and the receipts. Every key begins with agency_id, so
-- that the tables can be distributed by agency. Journals, postings, events and receipts are never
-- updated but for a receipt's state; states are written by order_step and attempt_step only.
CREATE TABLE orders (
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
    captured_vnd BIGINT NOT NULL CHECK (captured_vnd >= 0), -- received, by all attempts
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
    agency_id TEXT NOT NULL, -- of the order
    order_id TEXT NOT NULL, -- the order
    n BIGINT NOT NULL, -- place on the bill, from 1
    fee TEXT NOT NULL, -- code of the fee
    kind BIGINT NOT NULL CHECK (kind IN (1, 2)), -- 1 phi, 2 le phi
    name_vi TEXT NOT NULL, -- name of the fee on the day, Vietnamese
    name_en TEXT NOT NULL, -- name of the fee on the day, English
    quantity BIGINT NOT NULL CHECK (quantity > 0), -- how many
    base_vnd BIGINT NOT NULL CHECK (base_vnd >= 0), -- the value that a rate is of, or 0
    gross_vnd BIGINT NOT NULL CHECK (gross_vnd >= 0), -- before the reduction
    reduction_vnd BIGINT NOT NULL CHECK (reduction_vnd >= 0), -- by which it is less
    net_vnd BIGINT NOT NULL CHECK (net_vnd >= 0 AND net_vnd = gross_vnd - reduction_vnd), -- due
    retained_vnd BIGINT NOT NULL CHECK (retained_vnd >= 0), -- of it, what the body keeps (phi only)
    -- of it, what goes to the state budget
    budget_vnd BIGINT NOT NULL CHECK (budget_vnd >= 0 AND retained_vnd + budget_vnd = net_vnd),
    basis TEXT NOT NULL, -- id of the rule
    basis_text TEXT NOT NULL, -- its legal basis
    reduction_id TEXT NOT NULL, -- id of the preference, or empty
    reduction_text TEXT NOT NULL, -- its legal basis, or empty
    explain_json TEXT NOT NULL, -- list of texts: why this rule and no other
    PRIMARY KEY (agency_id, order_id, n),
    CHECK (kind = 1 OR retained_vnd = 0)
);

CREATE TABLE order_event (
    agency_id TEXT NOT NULL, -- of the order
    order_id TEXT NOT NULL, -- the order
    seq BIGINT NOT NULL, -- number within the order, from 1
    at_ms BIGINT NOT NULL, -- when
    attempt_n BIGINT NOT NULL, -- which attempt, 0 the order itself
    event TEXT NOT NULL, -- see order.def and attempt.def
    from_state TEXT NOT NULL, -- state before
    to_state TEXT NOT NULL, -- state after
    actor TEXT NOT NULL, -- who: client:<id>, citizen:<account>, portal, system
    source TEXT NOT NULL, -- by what: api, page, notice, query, poll, expiry
    mismatch TEXT NOT NULL, -- class of what does not fit, or empty
    evidence TEXT NOT NULL, -- canonical JSON of the portal's message (no payer data), cut, or empty
    evidence_hash TEXT NOT NULL, -- SHA-256 of the whole of it, or empty
    PRIMARY KEY (agency_id, order_id, seq)
);
CREATE INDEX order_event_by_mismatch ON order_event (mismatch, at_ms);

CREATE TABLE attempt (
    agency_id TEXT NOT NULL, -- of the order
    order_id TEXT NOT NULL, -- the order
    n BIGINT NOT NULL CHECK (n > 0), -- number within the order, from 1
    reference TEXT NOT NULL, -- MaThamChieu: unique at the portal
    state TEXT NOT NULL, -- see payments/attempt.def
    amount_vnd BIGINT NOT NULL CHECK (amount_vnd > 0), -- what was asked for
    init_time TEXT NOT NULL, -- ThoiGianGD of INIT, 14 digits: QUERY repeats it
    info TEXT NOT NULL, -- ThongTinGiaoDich of INIT
    payer_ip TEXT NOT NULL, -- Ip of INIT
    pay_url TEXT NOT NULL, -- the portal's payment page, or empty
    portal_txn TEXT NOT NULL, -- MaGiaoDich once captured, or empty
    bank TEXT NOT NULL, -- MaNganHang once captured, or empty
    portal_time TEXT NOT NULL, -- the portal's ThoiGianGD once captured, 14 digits
    portal_day TEXT NOT NULL, -- local day of the capture, YYYY-MM-DD, or empty
    failure TEXT NOT NULL, -- last MaLoi or our own word, or empty
    created_ms BIGINT NOT NULL, -- when it was committed, before INIT
    updated_ms BIGINT NOT NULL, -- last change of its state
    captured_ms BIGINT NOT NULL, -- when we learned that it is paid, 0 not paid
    query_next_ms BIGINT NOT NULL, -- when it is asked about next, 0 never
    query_count BIGINT NOT NULL, -- questions on the schedule so far
    not_found_ms BIGINT NOT NULL, -- when QUERY first did not know it, 0 never
    PRIMARY KEY (agency_id, order_id, n),
    CHECK ((state = 'captured') = (captured_ms > 0))
);
CREATE UNIQUE INDEX attempt_by_reference ON attempt (reference);
CREATE INDEX attempt_by_query ON attempt (query_next_ms);
CREATE INDEX attempt_by_day ON attempt (portal_day, reference);

CREATE TABLE ledger_head (
    agency_id TEXT NOT NULL, -- whose books
    slot BIGINT NOT NULL, -- number of the chain: sql_slot() of its writers
    n BIGINT NOT NULL, -- number of the last journal, 0 none
    hash TEXT NOT NULL, -- that journal's hash, or empty
    PRIMARY KEY (agency_id, slot)
);

CREATE TABLE journal (
    agency_id TEXT NOT NULL, -- whose books
    slot BIGINT NOT NULL, -- the chain
    n BIGINT NOT NULL CHECK (n > 0), -- number within the chain, from 1
    kind TEXT NOT NULL, -- J1, J1R, J2, J2c ...: see payments/ledger.h
    source TEXT NOT NULL, -- what it records: unique, so that nothing is posted twice
    order_id TEXT NOT NULL, -- the order, or empty
    attempt_n BIGINT NOT NULL, -- the attempt, or 0
    day TEXT NOT NULL, -- local day it belongs to, YYYY-MM-DD
    corrects TEXT NOT NULL, -- source of the journal it reverses, or empty
    at_ms BIGINT NOT NULL, -- when it was posted
    total_vnd BIGINT NOT NULL CHECK (total_vnd > 0), -- sum of one side
    prev_hash TEXT NOT NULL, -- hash of the journal before, or empty
    hash TEXT NOT NULL, -- SHA-256 over this journal, its postings and prev_hash
    PRIMARY KEY (agency_id, slot, n)
);
CREATE UNIQUE INDEX journal_by_source ON journal (agency_id, source);
CREATE INDEX journal_by_order ON journal (agency_id, order_id);
CREATE INDEX journal_by_day ON journal (day, agency_id);

CREATE TABLE posting (
    agency_id TEXT NOT NULL, -- of the journal
    slot BIGINT NOT NULL, -- of the journal
    journal_n BIGINT NOT NULL, -- the journal
    line BIGINT NOT NULL CHECK (line > 0), -- place within it, from 1
    account BIGINT NOT NULL CHECK (account BETWEEN 1000 AND 9999), -- see payments/account.def
    side BIGINT NOT NULL CHECK (side IN (0, 1)), -- 0 debit, 1 credit
    amount_vnd BIGINT NOT NULL CHECK (amount_vnd > 0), -- always positive
    fee TEXT NOT NULL, -- code of the fee where it is split by fee, or empty
    PRIMARY KEY (agency_id, slot, journal_n, line),
    FOREIGN KEY (agency_id, slot, journal_n) REFERENCES journal (agency_id, slot, n)
);

CREATE TABLE receipt_head (
    agency_id TEXT NOT NULL, -- whose numbers
    form TEXT NOT NULL, -- code of the receipt's form
    serial TEXT NOT NULL, -- its serial
    year BIGINT NOT NULL, -- numbers begin anew each year
    last BIGINT NOT NULL CHECK (last BETWEEN 1 AND 99999999), -- the last number given out
    PRIMARY KEY (agency_id, form, serial, year)
);

CREATE TABLE receipt (
    agency_id TEXT NOT NULL, -- the collecting agency
    form TEXT NOT NULL, -- code of the form
    serial TEXT NOT NULL, -- serial, with the year
    year BIGINT NOT NULL, -- of the number
    -- within form, serial and year, from 1, without gaps
    number BIGINT NOT NULL CHECK (number BETWEEN 1 AND 99999999),
    id TEXT NOT NULL, -- "rct_" and a sortable id
    code TEXT NOT NULL, -- 128 random bits: what the QR symbol leads to
    order_id TEXT NOT NULL, -- the order
    kind BIGINT NOT NULL CHECK (kind IN (1, 2)), -- 1 phi, 2 le phi
    revision BIGINT NOT NULL, -- 0 the first, then replacements
    amount_vnd BIGINT NOT NULL CHECK (amount_vnd > 0), -- received
    words TEXT NOT NULL, -- the amount in Vietnamese words
    issued_ms BIGINT NOT NULL, -- when
    -- as issued, notified to the tax authority, or replaced
    state TEXT NOT NULL CHECK (state IN ('issued', 'notified', 'replaced')),
    reference TEXT NOT NULL, -- dossier code
    procedure_name TEXT NOT NULL, -- of the dossier, Vietnamese
    body_name TEXT NOT NULL, -- collecting body, as on that day
    body_tax_code TEXT NOT NULL, -- its tax code
    body_address TEXT NOT NULL, -- its address
    portal_txn TEXT NOT NULL, -- MaGiaoDich
    lines_json TEXT NOT NULL, -- what was paid, with legal bases
    payer_sealed BYTEA NOT NULL, -- sealed JSON: the payer's name, number and address
    PRIMARY KEY (agency_id, form, serial, year, number)
);
CREATE UNIQUE INDEX receipt_by_id ON receipt (id);
CREATE UNIQUE INDEX receipt_by_code ON receipt (code);
CREATE UNIQUE INDEX receipt_by_order ON receipt (agency_id, order_id, kind, revision);

CREATE TABLE portal_bill (
    agency_id TEXT NOT NULL, -- of the order
    reference TEXT NOT NULL, -- MaThamChieu of the attempt
    at_ms BIGINT NOT NULL, -- when it was fetched
    sha256 TEXT NOT NULL, -- of the PDF
    bytes BIGINT NOT NULL CHECK (bytes > 0), -- its length
    pdf_sealed BYTEA NOT NULL, -- the portal's own receipt, sealed
    PRIMARY KEY (agency_id, reference)
);

CREATE TABLE idempotency (
    agency_id TEXT NOT NULL, -- whose data the effect is
    client_id TEXT NOT NULL, -- who called
    path TEXT NOT NULL, -- what was called
    idem_key TEXT NOT NULL, -- Idempotency-Key, as sent
    body_hash TEXT NOT NULL, -- keyed digest of the canonical body
    status BIGINT NOT NULL, -- HTTP status of the answer
    reply_sealed BYTEA NOT NULL, -- body of the answer, sealed
    created_ms BIGINT NOT NULL, -- when: kept for seven days
    PRIMARY KEY (agency_id, client_id, path, idem_key)
);
CREATE UNIQUE INDEX idempotency_by_key ON idempotency (client_id, path, idem_key);
CREATE INDEX idempotency_by_age ON idempotency (created_ms);

CREATE TABLE quarantine (
    agency_id TEXT NOT NULL, -- empty: nobody knows whose
    id TEXT NOT NULL, -- "qua_" and a sortable id
    at_ms BIGINT NOT NULL, -- when it came
    reason TEXT NOT NULL, -- name of the error
    ip TEXT NOT NULL, -- where from
    request_id TEXT NOT NULL, -- of the request, as in the log
    body_hash TEXT NOT NULL, -- SHA-256 of the body
    body_bytes BIGINT NOT NULL, -- its length
    body_sealed BYTEA NOT NULL, -- its first 2 KiB, sealed
    PRIMARY KEY (agency_id, id)
);

CREATE TABLE outbox (
    agency_id TEXT NOT NULL, -- of what it is about
    id TEXT NOT NULL, -- "out_" and a sortable id
    kind TEXT NOT NULL, -- what is to be done: portal_bill
    subject TEXT NOT NULL, -- with what: MaThamChieu
    state TEXT NOT NULL CHECK (state IN ('waiting', 'done', 'dead')), -- dead: tried too often
    tries BIGINT NOT NULL, -- so far
    due_ms BIGINT NOT NULL, -- when it is tried next, or its lease ends
    created_ms BIGINT NOT NULL, -- when it was put there
    done_ms BIGINT NOT NULL, -- when it was done, 0 not yet
    failure TEXT NOT NULL, -- name of the last error, or empty
    PRIMARY KEY (agency_id, id)
);
CREATE INDEX outbox_by_due ON outbox (state, due_ms);
