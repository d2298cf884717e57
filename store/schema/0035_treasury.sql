-- What clearing sources paid over for a day, and what went on to the treasury. The marks of single
-- payments are narrow rows of their own, written many at once; the payments' own rows stay as they
-- are. Amounts of a payout that was made anew stay in its journals.
INSERT INTO settlement_number (kind, n) VALUES ('payout', 0), ('remittance', 0);

CREATE TABLE payout (
    agency_id TEXT NOT NULL, -- whose money it is
    n BIGINT NOT NULL, -- one number for all payouts of a day that were posted together
    provider TEXT NOT NULL, -- of the clearing source
    account TEXT NOT NULL, -- of the clearing source
    day TEXT NOT NULL, -- the business day, YYYY-MM-DD
    beneficiary TEXT NOT NULL, -- account of the body on which it arrives
    revision BIGINT NOT NULL, -- 1, 2 ... : how often the day was posted
    state TEXT NOT NULL CHECK (state IN ('open', 'confirmed', 'reversed')),
    payments BIGINT NOT NULL, -- how many payments
    gross_vnd BIGINT NOT NULL CHECK (gross_vnd >= 0), -- their sum
    returns BIGINT NOT NULL, -- refunds and reversals that were netted
    returned_vnd BIGINT NOT NULL CHECK (returned_vnd >= 0), -- their sum
    fee_vnd BIGINT NOT NULL CHECK (fee_vnd >= 0), -- deducted
    invoiced_vnd BIGINT NOT NULL CHECK (invoiced_vnd >= 0), -- fee that is invoiced apart
    -- what arrives; below zero when more was netted than paid
    net_vnd BIGINT NOT NULL CHECK (net_vnd = gross_vnd - returned_vnd - fee_vnd),
    posted_ms BIGINT NOT NULL, -- when
    bank_ref TEXT NOT NULL, -- the bank's number of the money, or empty
    bank_day TEXT NOT NULL, -- day on which it arrived, or empty
    confirmed_by TEXT NOT NULL, -- "staff:<name>" or "system", or empty
    confirmed_ms BIGINT NOT NULL, -- 0 not yet
    reversed_ms BIGINT NOT NULL, -- when the day was opened again, 0 not
    PRIMARY KEY (agency_id, n),
    CHECK ((state = 'reversed') = (reversed_ms > 0)),
    CHECK (state <> 'confirmed' OR (confirmed_ms > 0 AND bank_ref <> ''))
);
CREATE UNIQUE INDEX payout_of_day ON payout (provider, account, day, agency_id)
    WHERE state <> 'reversed';
CREATE INDEX payout_by_day ON payout (day, n);
CREATE INDEX payout_by_agency ON payout (agency_id, day);
CREATE INDEX payout_by_state ON payout (state, day);
CREATE INDEX payout_by_number ON payout (n, agency_id);
CREATE INDEX payout_by_bank_ref ON payout (bank_ref) WHERE bank_ref <> '';

CREATE TABLE payout_item (
    agency_id TEXT NOT NULL, -- of the payment
    order_id TEXT NOT NULL, -- its order
    attempt_n BIGINT NOT NULL, -- its number within the order
    what TEXT NOT NULL, -- empty: the payment itself; "reversal"; else id of the refund
    payout_n BIGINT NOT NULL, -- with which payout it was paid over, or netted
    vnd BIGINT NOT NULL CHECK (vnd <> 0), -- below zero: netted
    fee_vnd BIGINT NOT NULL CHECK (fee_vnd >= 0), -- the source's fee for it
    deducted BIGINT NOT NULL CHECK (deducted IN (0, 1)), -- 1: the fee was kept back
    line BIGINT NOT NULL, -- of the file
    PRIMARY KEY (agency_id, order_id, attempt_n, what)
);
CREATE INDEX payout_item_by_payout ON payout_item (payout_n, agency_id, line, order_id);

CREATE TABLE remittance (
    agency_id TEXT NOT NULL, -- the body that pays in
    n BIGINT NOT NULL, -- number of its items
    id TEXT NOT NULL, -- "rmt_" and a sortable id
    number TEXT NOT NULL, -- of the document
    treasury TEXT NOT NULL, -- where it is paid in
    from_day TEXT NOT NULL, -- settled from that day on, YYYY-MM-DD
    to_day TEXT NOT NULL, -- to that day
    state TEXT NOT NULL, -- see finance/remittance.def
    total_vnd BIGINT NOT NULL CHECK (total_vnd >= 0), -- to the treasury: sum of its lines
    retained_vnd BIGINT NOT NULL CHECK (retained_vnd >= 0), -- released to the body with it
    document TEXT NOT NULL, -- canonical JSON of C1-02/NS
    maker TEXT NOT NULL, -- who drafted it
    proposal_id TEXT NOT NULL, -- what another person decides on, or empty
    treasury_ref TEXT NOT NULL, -- the treasury's number, or empty
    remitted_day TEXT NOT NULL, -- day on which the treasury has it, or empty
    failure TEXT NOT NULL, -- why the treasury refused it last, or empty
    created_ms BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL,
    sent_ms BIGINT NOT NULL, -- 0 not yet
    event_seq BIGINT NOT NULL, -- number of its last event
    version BIGINT NOT NULL, -- counts takings of the row
    PRIMARY KEY (agency_id, n),
    CHECK ((state = 'confirmed') = (treasury_ref <> '')),
    CHECK ((state = 'confirmed') = (remitted_day <> ''))
);
CREATE UNIQUE INDEX remittance_by_id ON remittance (id);
CREATE UNIQUE INDEX remittance_by_number ON remittance (number);
CREATE UNIQUE INDEX remittance_by_ref ON remittance (treasury, treasury_ref)
    WHERE treasury_ref <> '';
CREATE INDEX remittance_by_age ON remittance (created_ms, id);

CREATE TABLE remittance_item (
    agency_id TEXT NOT NULL, -- of the order
    order_id TEXT NOT NULL, -- the order
    remittance_n BIGINT NOT NULL, -- with which remittance
    account BIGINT NOT NULL CHECK (account IN (2110, 2120, 2130)), -- of the books
    fee TEXT NOT NULL, -- whose fee it is
    vnd BIGINT NOT NULL CHECK (vnd > 0),
    PRIMARY KEY (agency_id, order_id, remittance_n, account, fee)
);
CREATE INDEX remittance_item_by_number
    ON remittance_item (remittance_n, agency_id, order_id, account, fee);

CREATE TABLE remittance_event (
    agency_id TEXT NOT NULL, -- of the remittance
    remittance_n BIGINT NOT NULL, -- the remittance
    seq BIGINT NOT NULL, -- number within it, from 1
    at_ms BIGINT NOT NULL, -- when
    event TEXT NOT NULL, -- see finance/remittance.def
    from_state TEXT NOT NULL, -- state before
    to_state TEXT NOT NULL, -- state after
    actor TEXT NOT NULL, -- "staff:<name>", "client:<id>" or "system"
    detail TEXT NOT NULL, -- number, reason or hash
    PRIMARY KEY (agency_id, remittance_n, seq)
);
