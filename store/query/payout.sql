-- What clearing sources paid over: see finance/payout.h.

-- name: payout_number
UPDATE settlement_number SET n = n + 1 WHERE kind = 'payout' RETURNING n;

-- name: payout_standing
SELECT COUNT(*), COALESCE(MAX(revision), 0),
    COALESCE(CAST(SUM(CASE WHEN state <> 'reversed' THEN 1 ELSE 0 END) AS BIGINT), 0)
FROM payout WHERE day = $3 AND provider = $1 AND account = $2;

-- Captures of a day that nothing settled yet; walked, in no order.
-- name: payout_captures
SELECT a.reference, a.portal_txn, a.account, a.agency_id, a.order_id, a.n, a.captured_vnd
FROM attempt a
WHERE a.portal_day = $1 AND a.captured_ms > 0 AND a.channel NOT IN ('vietqr', 'counter')
    AND NOT EXISTS (SELECT 1 FROM payout_item i WHERE i.agency_id = a.agency_id
        AND i.order_id = a.order_id AND i.attempt_n = a.n AND i.what = '');

-- The same of any day, by their references.
-- name: payout_captures_named
SELECT a.reference, a.portal_txn, a.account, a.agency_id, a.order_id, a.n, a.captured_vnd
FROM attempt a
WHERE a.captured_ms > 0 AND a.channel NOT IN ('vietqr', 'counter')
    AND NOT EXISTS (SELECT 1 FROM payout_item i WHERE i.agency_id = a.agency_id
        AND i.order_id = a.order_id AND i.attempt_n = a.n AND i.what = '')
    AND a.reference IN (
        $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
        $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32);

-- Lines that say a payment was paid; walked, in no order.
-- name: payout_lines
SELECT l.n, l.merchant_ref, l.portal_txn, l.account, l.gross_vnd, l.fee_vnd, l.net_vnd
FROM settlement_file f JOIN settlement_line l ON l.file_n = f.file_n
WHERE f.provider = $1 AND f.account = $2 AND f.day = $3 AND f.state = 'accepted'
    AND l.kind = 0 AND l.success = 1 AND l.merchant_ref <> '' AND l.currency IN ('', 'VND');

-- name: payout_item_insert
INSERT INTO payout_item (agency_id, order_id, attempt_n, what, payout_n, vnd, fee_vnd, deducted,
    line)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- Payments by the source's number alone, where the line has no reference.
-- name: payout_item_numbers
INSERT INTO payout_item (agency_id, order_id, attempt_n, what, payout_n, vnd, fee_vnd, deducted,
    line)
SELECT MIN(a.agency_id), MIN(a.order_id), MIN(a.n), '', CAST($1 AS BIGINT), MIN(l.gross_vnd),
    MIN(l.fee_vnd),
    MIN(CASE WHEN l.fee_vnd > 0 AND l.net_vnd = l.gross_vnd - l.fee_vnd THEN 1 ELSE 0 END),
    MIN(l.n)
FROM settlement_file f JOIN settlement_line l ON l.file_n = f.file_n
    JOIN attempt a ON a.portal_txn = l.portal_txn
WHERE f.provider = $2 AND f.account = $3 AND f.day = $4 AND f.state = 'accepted'
    AND l.kind = 0 AND l.success = 1 AND l.merchant_ref = '' AND l.portal_txn <> ''
    AND l.currency IN ('', 'VND') AND a.captured_ms > 0 AND l.gross_vnd = a.captured_vnd
    AND (l.account = '' OR a.account = '' OR l.account = a.account)
    AND a.channel NOT IN ('vietqr', 'counter')
GROUP BY l.portal_txn HAVING COUNT(DISTINCT a.reference) = 1
ON CONFLICT (agency_id, order_id, attempt_n, what) DO NOTHING;

-- Refunds that the source netted: paid from 1110 here, a line there. Several of one amount take
-- one line each, the oldest first.
-- name: payout_item_refunds
INSERT INTO payout_item (agency_id, order_id, attempt_n, what, payout_n, vnd, fee_vnd, deducted,
    line)
WITH told AS (
    SELECT l.original_ref AS txn, l.gross_vnd AS vnd, MIN(l.n) AS line,
        ROW_NUMBER() OVER (PARTITION BY l.original_ref, l.gross_vnd ORDER BY MIN(l.n)) AS k
    FROM settlement_file f JOIN settlement_line l ON l.file_n = f.file_n
    WHERE f.provider = $2 AND f.account = $3 AND f.day = $4 AND f.state = 'accepted'
        AND l.kind = 1 AND l.success = 1 AND l.original_ref <> '' AND l.currency IN ('', 'VND')
    GROUP BY l.original_ref, l.gross_vnd, l.merchant_ref, l.portal_txn,
        CASE WHEN l.portal_txn = '' THEN l.n ELSE 0 END
), paid AS (
    SELECT r.agency_id, r.order_id, r.attempt_n, r.id, d.txn, r.amount_vnd AS vnd,
        ROW_NUMBER() OVER (PARTITION BY d.txn, r.amount_vnd ORDER BY r.updated_ms, r.id) AS k
    FROM (SELECT DISTINCT txn FROM told) d JOIN attempt a ON a.portal_txn = d.txn
        JOIN refund r ON r.agency_id = a.agency_id AND r.order_id = a.order_id
            AND r.attempt_n = a.n
    WHERE a.captured_ms > 0 AND r.state = 'succeeded' AND r.account = 1110
        AND NOT EXISTS (SELECT 1 FROM payout_item i WHERE i.agency_id = r.agency_id
            AND i.order_id = r.order_id AND i.attempt_n = r.attempt_n AND i.what = r.id)
)
SELECT p.agency_id, p.order_id, p.attempt_n, p.id, CAST($1 AS BIGINT), -p.vnd, 0, 0, t.line
FROM told t JOIN paid p ON p.txn = t.txn AND p.vnd = t.vnd AND p.k = t.k
WHERE true
ON CONFLICT (agency_id, order_id, attempt_n, what) DO NOTHING;

-- name: payout_item_reversals
INSERT INTO payout_item (agency_id, order_id, attempt_n, what, payout_n, vnd, fee_vnd, deducted,
    line)
SELECT a.agency_id, a.order_id, a.n, 'reversal', CAST($1 AS BIGINT), -a.captured_vnd, 0, 0, l.n
FROM settlement_file f JOIN settlement_line l ON l.file_n = f.file_n
    JOIN attempt a ON a.portal_txn = l.original_ref
WHERE f.provider = $2 AND f.account = $3 AND f.day = $4 AND f.state = 'accepted'
    AND l.kind = 2 AND l.success = 1 AND l.original_ref <> '' AND l.currency IN ('', 'VND')
    AND a.captured_ms > 0 AND a.captured_vnd = l.gross_vnd
    AND a.channel NOT IN ('vietqr', 'counter')
    AND (a.state = 'reversed' OR EXISTS (SELECT 1 FROM proposal p WHERE p.kind = 'reversal'
        AND p.subject = a.reference AND p.state = 'open'))
ON CONFLICT (agency_id, order_id, attempt_n, what) DO NOTHING;

-- name: payout_make
INSERT INTO payout (agency_id, n, provider, account, day, beneficiary, revision, state, payments,
    gross_vnd, returns, returned_vnd, fee_vnd, invoiced_vnd, net_vnd, posted_ms, bank_ref, bank_day,
    confirmed_by, confirmed_ms, reversed_ms)
SELECT i.agency_id, i.payout_n, CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS TEXT), '',
    CAST($5 AS BIGINT), 'open', SUM(CASE WHEN i.vnd > 0 THEN 1 ELSE 0 END),
    SUM(CASE WHEN i.vnd > 0 THEN i.vnd ELSE 0 END), SUM(CASE WHEN i.vnd < 0 THEN 1 ELSE 0 END),
    SUM(CASE WHEN i.vnd < 0 THEN -i.vnd ELSE 0 END), SUM(i.fee_vnd * i.deducted),
    SUM(i.fee_vnd * (1 - i.deducted)), SUM(i.vnd - i.fee_vnd * i.deducted), CAST($6 AS BIGINT), '',
    '', '', 0, 0
FROM payout_item i WHERE i.payout_n = $1 GROUP BY i.agency_id, i.payout_n;

-- name: payout_beneficiary
UPDATE payout SET beneficiary = $3 WHERE agency_id = $1 AND n = $2;

-- What was confirmed before the day was opened again, and is the same money.
-- name: payout_confirm_again
UPDATE payout SET state = 'confirmed', bank_ref = o.bank_ref, bank_day = o.bank_day,
    confirmed_by = o.confirmed_by, confirmed_ms = o.confirmed_ms
FROM payout o
WHERE payout.n = $1 AND o.agency_id = payout.agency_id AND o.day = payout.day
    AND o.provider = payout.provider AND o.account = payout.account
    AND o.revision = payout.revision - 1 AND o.bank_ref <> '' AND o.net_vnd = payout.net_vnd;

-- name: payout_posted
SELECT agency_id, n, provider, account, day, beneficiary, revision, state, payments, gross_vnd,
    returns, returned_vnd, fee_vnd, invoiced_vnd, net_vnd, posted_ms, bank_ref, bank_day,
    confirmed_by, confirmed_ms, reversed_ms
FROM payout WHERE n = $1 ORDER BY agency_id;

-- name: payout_day_standing
SELECT agency_id, n, provider, account, day, beneficiary, revision, state, payments, gross_vnd,
    returns, returned_vnd, fee_vnd, invoiced_vnd, net_vnd, posted_ms, bank_ref, bank_day,
    confirmed_by, confirmed_ms, reversed_ms
FROM payout WHERE day = $3 AND provider = $1 AND account = $2 AND state <> 'reversed'
ORDER BY agency_id;

-- name: payout_day_stake
SELECT CAST(COALESCE(SUM(gross_vnd + returned_vnd), 0) AS BIGINT) FROM payout
WHERE provider = $1 AND account = $2 AND day = $3 AND state <> 'reversed';

-- name: payout_reverse
UPDATE payout SET state = 'reversed', reversed_ms = $2 WHERE n = $1 AND state <> 'reversed';

-- name: payout_item_drop
DELETE FROM payout_item WHERE payout_n = $1;

-- name: payout_take
UPDATE payout SET revision = revision WHERE agency_id = $1 AND n = $2
RETURNING agency_id, n, provider, account, day, beneficiary, revision, state, payments, gross_vnd,
    returns, returned_vnd, fee_vnd, invoiced_vnd, net_vnd, posted_ms, bank_ref, bank_day,
    confirmed_by, confirmed_ms, reversed_ms;

-- name: payout_load
SELECT agency_id, n, provider, account, day, beneficiary, revision, state, payments, gross_vnd,
    returns, returned_vnd, fee_vnd, invoiced_vnd, net_vnd, posted_ms, bank_ref, bank_day,
    confirmed_by, confirmed_ms, reversed_ms
FROM payout WHERE agency_id = $1 AND n = $2;

-- name: payout_confirm
UPDATE payout SET state = 'confirmed', bank_ref = $3, bank_day = $4, confirmed_by = $5,
    confirmed_ms = $6
WHERE agency_id = $1 AND n = $2 AND state = 'open';

-- name: payout_list
SELECT agency_id, n, provider, account, day, beneficiary, revision, state, payments, gross_vnd,
    returns, returned_vnd, fee_vnd, invoiced_vnd, net_vnd, posted_ms, bank_ref, bank_day,
    confirmed_by, confirmed_ms, reversed_ms
FROM payout
WHERE (n, agency_id) < ($1, $2) AND (CAST($3 AS TEXT) = '' OR agency_id = $3)
    AND (CAST($4 AS TEXT) = '' OR provider = $4)
    AND (state = $5 OR (CAST($5 AS TEXT) = '' AND state <> 'reversed'))
    AND day >= $6 AND day <= $7
ORDER BY n DESC, agency_id DESC LIMIT $8;

-- name: payout_items
SELECT a.reference, o.reference, i.order_id, a.portal_txn, i.what, i.attempt_n, i.vnd, i.fee_vnd,
    i.line, i.deducted,
    COALESCE((SELECT MAX(r.remitted_day) FROM remittance_item x JOIN remittance r
            ON r.agency_id = x.agency_id AND r.n = x.remittance_n
        WHERE x.agency_id = i.agency_id AND x.order_id = i.order_id), '')
FROM payout_item i
    JOIN attempt a ON a.agency_id = i.agency_id AND a.order_id = i.order_id AND a.n = i.attempt_n
    JOIN orders o ON o.agency_id = i.agency_id AND o.id = i.order_id
WHERE i.payout_n = $1 AND i.agency_id = $2 AND i.line > $3
ORDER BY i.line, i.order_id LIMIT $4;

-- Payouts that wait for money.
-- name: payout_waiting
SELECT agency_id, n, provider, account, day, beneficiary, revision, state, payments, gross_vnd,
    returns, returned_vnd, fee_vnd, invoiced_vnd, net_vnd, posted_ms, bank_ref, bank_day,
    confirmed_by, confirmed_ms, reversed_ms
FROM payout
WHERE state = 'open' AND day <= $1 AND day >= $2 AND net_vnd > 0
ORDER BY day, n, agency_id LIMIT $3;

-- Credits of a statement that are no payer's transfer and confirmed nothing yet.
-- name: payout_credits
SELECT l.n, l.portal_txn, l.moved_vnd, l.account, l.file_n
FROM settlement_file f JOIN settlement_line l ON l.file_n = f.file_n
WHERE f.provider = $1 AND f.account = $2 AND f.day = $3 AND f.state = 'accepted'
    AND l.moved_vnd > 0 AND l.kind IN (0, 4)
    AND NOT EXISTS (SELECT 1 FROM attempt a WHERE a.reference = l.merchant_ref)
    AND NOT EXISTS (SELECT 1 FROM attempt a WHERE a.portal_txn = l.portal_txn)
    AND NOT EXISTS (SELECT 1 FROM transfer t WHERE t.bank_txn = l.portal_txn)
    AND NOT EXISTS (SELECT 1 FROM payout p WHERE p.bank_ref <> ''
        AND p.bank_ref = CASE WHEN l.portal_txn <> '' THEN l.portal_txn
            ELSE CAST($2 AS TEXT) || '/' || CAST($3 AS TEXT) || '/' || l.n END)
ORDER BY l.n LIMIT $4;

-- name: payout_sums
SELECT COUNT(*), COALESCE(CAST(SUM(payments) AS BIGINT), 0),
    COALESCE(CAST(SUM(gross_vnd) AS BIGINT), 0), COALESCE(CAST(SUM(returned_vnd) AS BIGINT), 0),
    COALESCE(CAST(SUM(fee_vnd) AS BIGINT), 0), COALESCE(CAST(SUM(net_vnd) AS BIGINT), 0)
FROM payout
WHERE (CAST($1 AS TEXT) = '' OR agency_id = $1) AND (CAST($2 AS TEXT) = '' OR provider = $2)
    AND (state = $3 OR (CAST($3 AS TEXT) = '' AND state <> 'reversed'))
    AND day >= $4 AND day <= $5;
