-- name: attempt_insert
INSERT INTO attempt (agency_id, order_id, n, reference, state, amount_vnd, init_time, info,
    payer_ip, pay_url, portal_txn, bank, portal_time, portal_day, failure, created_ms, updated_ms,
    captured_ms, query_next_ms, query_count, not_found_ms, channel, captured_vnd, account,
    reversed_ms, settled_day, remitted_day)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, '', '', '', '', '', '', $10, $10, 0, $11, 0, 0, $12, 0,
    $13, 0, '', '');

-- name: attempt_by_reference
SELECT agency_id, order_id, n, reference, state, amount_vnd, init_time, info, payer_ip, pay_url,
    portal_txn, bank, portal_time, failure, created_ms, updated_ms, captured_ms, query_next_ms,
    query_count, not_found_ms, channel, captured_vnd, account, reversed_ms,
    COALESCE(CASE WHEN captured_ms > 0 THEN
        (SELECT CASE WHEN p.bank_day <> '' THEN p.bank_day ELSE p.day END
        FROM payout_item i JOIN payout p ON p.agency_id = i.agency_id AND p.n = i.payout_n
        WHERE i.agency_id = attempt.agency_id AND i.order_id = attempt.order_id
            AND i.attempt_n = attempt.n AND i.what = '') END, ''),
    COALESCE(CASE WHEN captured_ms > 0 THEN
        (SELECT MAX(r.remitted_day) FROM remittance_item i JOIN remittance r
            ON r.agency_id = i.agency_id AND r.n = i.remittance_n
        WHERE i.agency_id = attempt.agency_id AND i.order_id = attempt.order_id) END, '')
FROM attempt WHERE reference = $1;

-- name: attempt_by_order
SELECT agency_id, order_id, n, reference, state, amount_vnd, init_time, info, payer_ip, pay_url,
    portal_txn, bank, portal_time, failure, created_ms, updated_ms, captured_ms, query_next_ms,
    query_count, not_found_ms, channel, captured_vnd, account, reversed_ms,
    COALESCE((SELECT CASE WHEN p.bank_day <> '' THEN p.bank_day ELSE p.day END
        FROM payout_item i JOIN payout p ON p.agency_id = i.agency_id AND p.n = i.payout_n
        WHERE i.agency_id = attempt.agency_id AND i.order_id = attempt.order_id
            AND i.attempt_n = attempt.n AND i.what = ''), ''),
    COALESCE((SELECT MAX(r.remitted_day) FROM remittance_item i JOIN remittance r
            ON r.agency_id = i.agency_id AND r.n = i.remittance_n
        WHERE i.agency_id = attempt.agency_id AND i.order_id = attempt.order_id), '')
FROM attempt WHERE agency_id = $1 AND order_id = $2 ORDER BY n;

-- name: attempt_by_day
SELECT agency_id, order_id, n, reference, state, amount_vnd, init_time, info, payer_ip, pay_url,
    portal_txn, bank, portal_time, failure, created_ms, updated_ms, captured_ms, query_next_ms,
    query_count, not_found_ms, channel, captured_vnd, account, reversed_ms,
    COALESCE((SELECT CASE WHEN p.bank_day <> '' THEN p.bank_day ELSE p.day END
        FROM payout_item i JOIN payout p ON p.agency_id = i.agency_id AND p.n = i.payout_n
        WHERE i.agency_id = attempt.agency_id AND i.order_id = attempt.order_id
            AND i.attempt_n = attempt.n AND i.what = ''), ''),
    COALESCE((SELECT MAX(r.remitted_day) FROM remittance_item i JOIN remittance r
            ON r.agency_id = i.agency_id AND r.n = i.remittance_n
        WHERE i.agency_id = attempt.agency_id AND i.order_id = attempt.order_id), '')
FROM attempt WHERE portal_day = $1 AND captured_ms > 0 AND reference > $2
ORDER BY reference LIMIT $3;

-- name: attempt_update
UPDATE attempt SET state = $4, pay_url = $5, portal_txn = $6, bank = $7, portal_time = $8,
    portal_day = $9, failure = $10, updated_ms = $11, captured_ms = $12, query_next_ms = $13,
    query_count = $14, not_found_ms = $15, captured_vnd = $16, reversed_ms = $17
WHERE agency_id = $1 AND order_id = $2 AND n = $3 AND state = $18;

-- name: attempt_claim
UPDATE attempt SET query_next_ms = $2
WHERE (agency_id, order_id, n) = (SELECT agency_id, order_id, n FROM attempt
        WHERE query_next_ms > 0 AND query_next_ms <= $1 ORDER BY query_next_ms LIMIT 1)
    AND query_next_ms > 0 AND query_next_ms <= $1
RETURNING reference;

-- name: attempt_captured_txn
SELECT reference FROM attempt WHERE portal_txn = $1 AND captured_ms > 0 LIMIT 1;
