-- What orders and attempts need for refunds, reversals, short payments and further channels. Both
-- tables are made anew, since what holds in each state has changed and SQLite cannot alter a CHECK.
CREATE TABLE orders_14 (
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
    PRIMARY KEY (agency_id, id),
    CHECK (refunded_vnd + reserved_vnd <= captured_vnd),
    CHECK (state <> 'paid' OR captured_vnd - excess_refunded_vnd = total_vnd),
    CHECK (state <> 'overpaid' OR captured_vnd - excess_refunded_vnd > total_vnd),
    CHECK (state <> 'open' OR captured_vnd = excess_refunded_vnd),
    CHECK (state <> 'underpaid' OR (captured_vnd - excess_refunded_vnd > 0
        AND captured_vnd - excess_refunded_vnd < total_vnd)),
    CHECK (state <> 'refunded' OR refunded_vnd = captured_vnd),
    CHECK (state <> 'exempt' OR total_vnd = 0)
);
INSERT INTO orders_14 (
    agency_id, id, token_index, token_sealed, client_id, reference, procedure_code,
    procedure_name_vi, procedure_name_en, received_on, channel, state, total_vnd, captured_vnd,
    bill_hash, subject, level, id_index, payer_sealed, return_url, locale, created_ms,
    expires_ms, updated_ms, expire_next_ms, version, event_seq)
SELECT
    agency_id, id, token_index, token_sealed, client_id, reference, procedure_code,
    procedure_name_vi, procedure_name_en, received_on, channel, state, total_vnd, captured_vnd,
    bill_hash, subject, level, id_index, payer_sealed, return_url, locale, created_ms,
    expires_ms, updated_ms, expire_next_ms, version, event_seq
FROM orders;
DROP TABLE orders;
ALTER TABLE orders_14 RENAME TO orders;
CREATE UNIQUE INDEX orders_by_id ON orders (id);
CREATE UNIQUE INDEX orders_by_token ON orders (token_index);
CREATE INDEX orders_by_reference ON orders (agency_id, reference, created_ms);
CREATE INDEX orders_by_subject ON orders (subject, created_ms);
CREATE INDEX orders_by_payer ON orders (id_index, created_ms);
CREATE INDEX orders_by_expiry ON orders (state, expire_next_ms);

CREATE TABLE attempt_14 (
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
    channel TEXT NOT NULL, -- by which way it is paid: see payments/channel.def
    captured_vnd BIGINT NOT NULL CHECK (captured_vnd >= 0), -- what arrived; a transfer may differ
    account TEXT NOT NULL, -- beneficiary account as it was told to the payer, or empty
    reversed_ms BIGINT NOT NULL, -- when the capture was undone by two persons, 0 not
    settled_day TEXT NOT NULL, -- local day on which the channel paid it over, or empty
    remitted_day TEXT NOT NULL, -- local day on which it went to the treasury, or empty
    PRIMARY KEY (agency_id, order_id, n),
    CHECK ((state IN ('captured', 'reversed')) = (captured_ms > 0)),
    CHECK ((captured_vnd > 0) = (captured_ms > 0)),
    CHECK ((state = 'reversed') = (reversed_ms > 0))
);
INSERT INTO attempt_14 (
    agency_id, order_id, n, reference, state, amount_vnd, init_time, info, payer_ip, pay_url,
    portal_txn, bank, portal_time, portal_day, failure, created_ms, updated_ms, captured_ms,
    query_next_ms, query_count, not_found_ms, channel, captured_vnd, account, reversed_ms,
    settled_day, remitted_day)
SELECT
    agency_id, order_id, n, reference, state, amount_vnd, init_time, info, payer_ip, pay_url,
    portal_txn, bank, portal_time, portal_day, failure, created_ms, updated_ms, captured_ms,
    query_next_ms, query_count, not_found_ms, 'portal', CASE WHEN captured_ms > 0 THEN
    amount_vnd ELSE 0 END, '', 0, '', ''
FROM attempt;
DROP TABLE attempt;
ALTER TABLE attempt_14 RENAME TO attempt;
CREATE UNIQUE INDEX attempt_by_reference ON attempt (reference);
CREATE INDEX attempt_by_query ON attempt (query_next_ms);
CREATE INDEX attempt_by_day ON attempt (portal_day, reference);
CREATE INDEX attempt_by_portal_txn ON attempt (portal_txn);
