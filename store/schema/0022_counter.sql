-- Money taken at the desks of a one-stop centre: shifts, what each took, and what of the cash was
-- brought to the collection account.
CREATE TABLE counter_shift (
    agency_id TEXT NOT NULL, -- the collecting body
    id TEXT NOT NULL, -- "shf_" and a sortable id
    desk TEXT NOT NULL, -- which desk, as the officer names it
    officer TEXT NOT NULL, -- "staff:<name>"
    -- open takes money; counted waits for a second person; recount was refused; closed for ever
    state TEXT NOT NULL CHECK (state IN ('open', 'counted', 'recount', 'closed')),
    float_vnd BIGINT NOT NULL CHECK (float_vnd >= 0), -- change in the drawer at the beginning
    cash_vnd BIGINT NOT NULL CHECK (cash_vnd >= 0), -- cash taken, less change
    transfer_vnd BIGINT NOT NULL CHECK (transfer_vnd >= 0), -- taken by transfer
    takes BIGINT NOT NULL, -- how many
    over_vnd BIGINT NOT NULL CHECK (over_vnd >= 0), -- found too much, and confirmed
    deposited_vnd BIGINT NOT NULL CHECK (deposited_vnd >= 0), -- brought to the bank
    expected_vnd BIGINT NOT NULL, -- cash that should be there when it was counted
    counted_vnd BIGINT NOT NULL CHECK (counted_vnd >= 0), -- that was
    counts_json TEXT NOT NULL, -- notes by denomination, or empty
    proposal_id TEXT NOT NULL, -- the second person's, or empty
    opened_ms BIGINT NOT NULL,
    counted_ms BIGINT NOT NULL, -- 0 not yet
    closed_ms BIGINT NOT NULL, -- 0 not yet
    PRIMARY KEY (agency_id, id),
    CHECK ((state = 'closed') = (closed_ms > 0)),
    CHECK (deposited_vnd <= cash_vnd + over_vnd)
);
CREATE UNIQUE INDEX counter_shift_by_id ON counter_shift (id);
CREATE UNIQUE INDEX counter_shift_of_desk ON counter_shift (agency_id, desk) WHERE state = 'open';
CREATE UNIQUE INDEX counter_shift_of_officer ON counter_shift (officer) WHERE state = 'open';
CREATE INDEX counter_shift_by_time ON counter_shift (opened_ms, id);

CREATE TABLE counter_take (
    agency_id TEXT NOT NULL, -- of the order
    order_id TEXT NOT NULL, -- which order
    attempt_n BIGINT NOT NULL, -- by which attempt
    shift_id TEXT NOT NULL, -- in which shift
    form_key TEXT NOT NULL, -- of the form or call that took it: once
    method TEXT NOT NULL CHECK (method IN ('cash', 'transfer')),
    amount_vnd BIGINT NOT NULL CHECK (amount_vnd > 0), -- captured
    received_vnd BIGINT NOT NULL, -- handed over
    change_vnd BIGINT NOT NULL CHECK (change_vnd >= 0), -- handed back
    bank_ref TEXT NOT NULL, -- the bank's number of a transfer, or empty
    taken_by TEXT NOT NULL, -- "staff:<name>" or "client:<id>"
    at_ms BIGINT NOT NULL, -- when
    PRIMARY KEY (agency_id, order_id, attempt_n),
    CHECK (received_vnd = amount_vnd + change_vnd),
    CHECK ((method = 'transfer') = (bank_ref <> '')),
    CHECK (method = 'cash' OR change_vnd = 0)
);
CREATE UNIQUE INDEX counter_take_once ON counter_take (agency_id, shift_id, form_key);
CREATE UNIQUE INDEX counter_take_by_bank ON counter_take (agency_id, bank_ref) WHERE bank_ref <> '';
CREATE INDEX counter_take_by_bank_ref ON counter_take (bank_ref);
CREATE INDEX counter_take_by_shift ON counter_take (shift_id, at_ms);

CREATE TABLE counter_deposit (
    agency_id TEXT NOT NULL, -- the collecting body
    slip TEXT NOT NULL, -- number of the bank's slip
    shift_id TEXT NOT NULL, -- whose cash
    amount_vnd BIGINT NOT NULL CHECK (amount_vnd > 0),
    brought_by TEXT NOT NULL, -- "staff:<name>"
    at_ms BIGINT NOT NULL, -- when it was entered
    PRIMARY KEY (agency_id, slip)
);
CREATE INDEX counter_deposit_by_shift ON counter_deposit (shift_id, at_ms);
