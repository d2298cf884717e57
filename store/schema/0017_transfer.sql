-- Credits that a bank told of: each counts once, and what cannot be told to a payment is kept.
CREATE TABLE transfer (
    account TEXT NOT NULL, -- our account that was credited
    bank_txn TEXT NOT NULL, -- the bank's number of the credit
    bank TEXT NOT NULL, -- who told, or empty
    amount_vnd BIGINT NOT NULL CHECK (amount_vnd > 0), -- what arrived
    currency TEXT NOT NULL, -- as it was told
    at_ms BIGINT NOT NULL, -- when the bank says that it arrived
    told_ms BIGINT NOT NULL, -- when we heard of it first
    source TEXT NOT NULL, -- by which way: bank_notice or settlement
    narrative_sealed BYTEA NOT NULL, -- sealed: what the payer's bank wrote, names included
    agency_id TEXT NOT NULL, -- of the attempt that it paid, or empty: unrecognised
    order_id TEXT NOT NULL, -- of that attempt, or empty
    attempt_n BIGINT NOT NULL, -- that attempt, 0 none
    PRIMARY KEY (account, bank_txn)
);
CREATE INDEX transfer_by_order ON transfer (agency_id, order_id, attempt_n);
