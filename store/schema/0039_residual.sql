-- Balances of the books, kept by following the chains as report_sum is, so that a page can hold them
-- against what stands behind them; and short ways to what is not done with.
CREATE TABLE report_balance (
    agency_id TEXT NOT NULL, -- whose books
    account BIGINT NOT NULL, -- see payments/account.def
    debit_vnd BIGINT NOT NULL, -- sum of that side
    credit_vnd BIGINT NOT NULL, -- sum of that side
    PRIMARY KEY (agency_id, account)
);
INSERT INTO report_balance (agency_id, account, debit_vnd, credit_vnd)
SELECT agency_id, account, CAST(SUM(debit_vnd) AS BIGINT), CAST(SUM(credit_vnd) AS BIGINT)
FROM report_sum GROUP BY agency_id, account;

-- Orders that hold money beside their bill.
CREATE INDEX orders_held ON orders (agency_id, id)
    WHERE captured_vnd - excess_refunded_vnd - excess_reserved_vnd
        <> CASE WHEN state IN ('paid', 'overpaid', 'refunded') THEN total_vnd ELSE 0 END;
CREATE INDEX attempt_reversed ON attempt (agency_id, order_id, n) WHERE state = 'reversed';
CREATE INDEX attempt_assigned ON attempt (agency_id, order_id, n) WHERE channel = 'assigned';
CREATE INDEX payout_item_reversal ON payout_item (agency_id, order_id, attempt_n)
    WHERE what = 'reversal';
CREATE INDEX counter_shift_over ON counter_shift (agency_id, id) WHERE over_vnd > 0;
