-- What stands behind four balances of the books: see finance/residual.h.

-- Few rows: one for each agency and account.
-- name: residual_balances
SELECT account, CAST(SUM(debit_vnd - credit_vnd) AS BIGINT) FROM report_balance
WHERE account IN (1110, 2140, 2150, 2160) GROUP BY account;

-- Chains with journals that were not added up yet: few rows.
-- name: residual_behind
SELECT h.agency_id, h.slot, COALESCE(c.n, 0)
FROM ledger_head h LEFT JOIN report_cursor c ON c.agency_id = h.agency_id AND c.slot = h.slot
WHERE h.n > COALESCE(c.n, 0) ORDER BY h.agency_id, h.slot LIMIT $1;

-- name: residual_tail
SELECT account, CAST(SUM((1 - 2 * side) * amount_vnd) AS BIGINT) FROM posting
WHERE agency_id = $1 AND slot = $2 AND journal_n > $3 AND account IN (1110, 2140, 2150, 2160)
GROUP BY account;

-- From when on days of a source are open: the first that is not closed, and the last that is.
-- name: residual_open_day
SELECT COALESCE(MIN(CASE WHEN d.state <> 'closed' THEN d.day END), ''),
    COALESCE(MAX(CASE WHEN d.state = 'closed' THEN d.day END), '')
FROM run_day d WHERE d.provider = $1 AND d.account = $2
    AND d.revision = (SELECT MAX(x.revision) FROM run_day x WHERE x.provider = d.provider
        AND x.account = d.account AND x.day = d.day);

-- name: residual_clearing_sums
SELECT COUNT(*), COALESCE(CAST(SUM(s.vnd) AS BIGINT), 0) FROM (
    SELECT 'capture' AS what, a.agency_id AS agency_id, a.order_id AS order_id,
        a.reference AS name, a.captured_vnd AS vnd, a.captured_ms AS at_ms
    FROM attempt a
    WHERE a.captured_ms > 0 AND a.captured_ms >= $1 AND a.state = 'captured'
        AND ((a.channel = 'portal' AND a.captured_ms >= $2)
            OR (a.channel = 'vnpay' AND a.captured_ms >= $3))
        AND NOT EXISTS (SELECT 1 FROM payout_item i WHERE i.agency_id = a.agency_id
            AND i.order_id = a.order_id AND i.attempt_n = a.n AND i.what = '')
    UNION ALL
    SELECT 'capture', a.agency_id, a.order_id, a.reference, a.captured_vnd, a.captured_ms
    FROM attempt a
    WHERE a.reference IN (SELECT x.reference FROM reconcile_exception x WHERE x.reference > '')
        AND a.state = 'captured'
        AND ((a.channel = 'portal' AND a.captured_ms < $2)
            OR (a.channel = 'vnpay' AND a.captured_ms < $3))
        AND NOT EXISTS (SELECT 1 FROM payout_item i WHERE i.agency_id = a.agency_id
            AND i.order_id = a.order_id AND i.attempt_n = a.n AND i.what = '')
    UNION ALL
    SELECT 'capture', a.agency_id, a.order_id, a.reference, a.captured_vnd, a.captured_ms
    FROM attempt a
    WHERE a.channel = 'assigned' AND a.agency_id > '' AND a.info <> 'transfer'
        AND a.state = 'captured'
        AND NOT EXISTS (SELECT 1 FROM payout_item i WHERE i.agency_id = a.agency_id
            AND i.order_id = a.order_id AND i.attempt_n = a.n AND i.what = '')
    UNION ALL
    SELECT 'dispute', a.agency_id, a.order_id, a.reference, -p.amount_vnd, p.made_ms
    FROM proposal p JOIN attempt a ON a.agency_id = p.agency_id AND a.reference = p.subject
    WHERE p.state = 'open' AND p.kind = 'reversal'
        AND (a.channel IN ('portal', 'vnpay')
            OR (a.channel = 'assigned' AND a.info <> 'transfer'))
        AND NOT EXISTS (SELECT 1 FROM payout_item i WHERE i.agency_id = a.agency_id
            AND i.order_id = a.order_id AND i.attempt_n = a.n AND i.what = 'reversal')
    UNION ALL
    SELECT 'reversal', a.agency_id, a.order_id, a.reference, -a.captured_vnd, a.captured_ms
    FROM attempt a JOIN payout_item i ON i.agency_id = a.agency_id AND i.order_id = a.order_id
        AND i.attempt_n = a.n AND i.what = ''
    WHERE a.state = 'reversed' AND a.agency_id > ''
        AND NOT EXISTS (SELECT 1 FROM payout_item v WHERE v.agency_id = a.agency_id
            AND v.order_id = a.order_id AND v.attempt_n = a.n AND v.what = 'reversal')
    UNION ALL
    SELECT 'netted', a.agency_id, a.order_id, a.reference, -i.vnd, a.captured_ms
    FROM payout_item i JOIN attempt a ON a.agency_id = i.agency_id AND a.order_id = i.order_id
        AND a.n = i.attempt_n
    WHERE i.what = 'reversal' AND i.agency_id > ''
        AND (CASE WHEN a.state = 'captured' THEN CASE WHEN EXISTS (SELECT 1 FROM proposal p
                    WHERE p.subject = a.reference AND p.kind = 'reversal' AND p.state = 'open')
                THEN 0 ELSE 1 END
            ELSE CASE WHEN EXISTS (SELECT 1 FROM payout_item v WHERE v.agency_id = a.agency_id
                    AND v.order_id = a.order_id AND v.attempt_n = a.n AND v.what = '')
                THEN 0 ELSE 1 END END) = 1
    UNION ALL
    SELECT 'refund', r.agency_id, r.order_id, r.id,
        CASE WHEN r.route = 'treasury' THEN -r.excess_vnd ELSE -r.amount_vnd END, r.updated_ms
    FROM refund r
    WHERE r.account = 1110 AND r.state = 'succeeded' AND (r.updated_ms >= $1 OR r.reference IN (
            SELECT x.reference FROM reconcile_exception x WHERE x.reference > ''))
        AND NOT EXISTS (SELECT 1 FROM payout_item i WHERE i.agency_id = r.agency_id
            AND i.order_id = r.order_id AND i.attempt_n = r.attempt_n AND i.what = r.id)
    UNION ALL
    SELECT 'netted', r.agency_id, r.order_id, r.id, -i.vnd, r.updated_ms
    FROM refund r JOIN payout_item i ON i.agency_id = r.agency_id AND i.order_id = r.order_id
        AND i.attempt_n = r.attempt_n AND i.what = r.id
    WHERE r.account = 1110 AND r.state IN ('approved', 'submitting', 'submitted', 'unknown',
        'manual', 'returned', 'failed')
    UNION ALL
    SELECT 'loss', p.agency_id, x.order_id, x.id, -p.amount_vnd, m.at_ms
    FROM exception_movement m JOIN reconcile_exception x ON x.id = m.exception_id
        JOIN proposal p ON p.subject = x.id
    WHERE m.movement >= 'lost:' AND m.movement < 'lost;' AND p.kind = 'exception'
        AND p.state = 'approved' AND p.content LIKE '%"account":1110%'
        AND (p.content LIKE '%"action":"write\_off"%' ESCAPE '\'
            OR p.content LIKE '%"action":"charge"%')) s;

-- name: residual_clearing
SELECT s.what, s.agency_id, s.order_id, s.name, s.vnd, s.at_ms FROM (
    SELECT 'capture' AS what, a.agency_id AS agency_id, a.order_id AS order_id,
        a.reference AS name, a.captured_vnd AS vnd, a.captured_ms AS at_ms
    FROM attempt a
    WHERE a.captured_ms > 0 AND a.captured_ms >= $1 AND a.state = 'captured'
        AND ((a.channel = 'portal' AND a.captured_ms >= $2)
            OR (a.channel = 'vnpay' AND a.captured_ms >= $3))
        AND NOT EXISTS (SELECT 1 FROM payout_item i WHERE i.agency_id = a.agency_id
            AND i.order_id = a.order_id AND i.attempt_n = a.n AND i.what = '')
    UNION ALL
    SELECT 'capture', a.agency_id, a.order_id, a.reference, a.captured_vnd, a.captured_ms
    FROM attempt a
    WHERE a.reference IN (SELECT x.reference FROM reconcile_exception x WHERE x.reference > '')
        AND a.state = 'captured'
        AND ((a.channel = 'portal' AND a.captured_ms < $2)
            OR (a.channel = 'vnpay' AND a.captured_ms < $3))
        AND NOT EXISTS (SELECT 1 FROM payout_item i WHERE i.agency_id = a.agency_id
            AND i.order_id = a.order_id AND i.attempt_n = a.n AND i.what = '')
    UNION ALL
    SELECT 'capture', a.agency_id, a.order_id, a.reference, a.captured_vnd, a.captured_ms
    FROM attempt a
    WHERE a.channel = 'assigned' AND a.agency_id > '' AND a.info <> 'transfer'
        AND a.state = 'captured'
        AND NOT EXISTS (SELECT 1 FROM payout_item i WHERE i.agency_id = a.agency_id
            AND i.order_id = a.order_id AND i.attempt_n = a.n AND i.what = '')
    UNION ALL
    SELECT 'dispute', a.agency_id, a.order_id, a.reference, -p.amount_vnd, p.made_ms
    FROM proposal p JOIN attempt a ON a.agency_id = p.agency_id AND a.reference = p.subject
    WHERE p.state = 'open' AND p.kind = 'reversal'
        AND (a.channel IN ('portal', 'vnpay')
            OR (a.channel = 'assigned' AND a.info <> 'transfer'))
        AND NOT EXISTS (SELECT 1 FROM payout_item i WHERE i.agency_id = a.agency_id
            AND i.order_id = a.order_id AND i.attempt_n = a.n AND i.what = 'reversal')
    UNION ALL
    SELECT 'reversal', a.agency_id, a.order_id, a.reference, -a.captured_vnd, a.captured_ms
    FROM attempt a JOIN payout_item i ON i.agency_id = a.agency_id AND i.order_id = a.order_id
        AND i.attempt_n = a.n AND i.what = ''
    WHERE a.state = 'reversed' AND a.agency_id > ''
        AND NOT EXISTS (SELECT 1 FROM payout_item v WHERE v.agency_id = a.agency_id
            AND v.order_id = a.order_id AND v.attempt_n = a.n AND v.what = 'reversal')
    UNION ALL
    SELECT 'netted', a.agency_id, a.order_id, a.reference, -i.vnd, a.captured_ms
    FROM payout_item i JOIN attempt a ON a.agency_id = i.agency_id AND a.order_id = i.order_id
        AND a.n = i.attempt_n
    WHERE i.what = 'reversal' AND i.agency_id > ''
        AND (CASE WHEN a.state = 'captured' THEN CASE WHEN EXISTS (SELECT 1 FROM proposal p
                    WHERE p.subject = a.reference AND p.kind = 'reversal' AND p.state = 'open')
                THEN 0 ELSE 1 END
            ELSE CASE WHEN EXISTS (SELECT 1 FROM payout_item v WHERE v.agency_id = a.agency_id
                    AND v.order_id = a.order_id AND v.attempt_n = a.n AND v.what = '')
                THEN 0 ELSE 1 END END) = 1
    UNION ALL
    SELECT 'refund', r.agency_id, r.order_id, r.id,
        CASE WHEN r.route = 'treasury' THEN -r.excess_vnd ELSE -r.amount_vnd END, r.updated_ms
    FROM refund r
    WHERE r.account = 1110 AND r.state = 'succeeded' AND (r.updated_ms >= $1 OR r.reference IN (
            SELECT x.reference FROM reconcile_exception x WHERE x.reference > ''))
        AND NOT EXISTS (SELECT 1 FROM payout_item i WHERE i.agency_id = r.agency_id
            AND i.order_id = r.order_id AND i.attempt_n = r.attempt_n AND i.what = r.id)
    UNION ALL
    SELECT 'netted', r.agency_id, r.order_id, r.id, -i.vnd, r.updated_ms
    FROM refund r JOIN payout_item i ON i.agency_id = r.agency_id AND i.order_id = r.order_id
        AND i.attempt_n = r.attempt_n AND i.what = r.id
    WHERE r.account = 1110 AND r.state IN ('approved', 'submitting', 'submitted', 'unknown',
        'manual', 'returned', 'failed')
    UNION ALL
    SELECT 'loss', p.agency_id, x.order_id, x.id, -p.amount_vnd, m.at_ms
    FROM exception_movement m JOIN reconcile_exception x ON x.id = m.exception_id
        JOIN proposal p ON p.subject = x.id
    WHERE m.movement >= 'lost:' AND m.movement < 'lost;' AND p.kind = 'exception'
        AND p.state = 'approved' AND p.content LIKE '%"account":1110%'
        AND (p.content LIKE '%"action":"write\_off"%' ESCAPE '\'
            OR p.content LIKE '%"action":"charge"%')) s
WHERE s.at_ms > $4 OR (s.at_ms = $4 AND s.what || s.name > $5)
ORDER BY s.at_ms, s.what || s.name LIMIT $6;

-- name: residual_refunds_sums
SELECT COUNT(*), COALESCE(CAST(SUM(s.vnd) AS BIGINT), 0) FROM (
    SELECT 'refund' AS what, agency_id, order_id, id AS name, amount_vnd AS vnd, created_ms AS at_ms
    FROM refund WHERE state IN ('requested', 'approved', 'submitting', 'submitted', 'unknown',
        'manual', 'returned')) s;

-- name: residual_refunds
SELECT s.what, s.agency_id, s.order_id, s.name, s.vnd, s.at_ms FROM (
    SELECT 'refund' AS what, agency_id, order_id, id AS name, amount_vnd AS vnd, created_ms AS at_ms
    FROM refund WHERE state IN ('requested', 'approved', 'submitting', 'submitted', 'unknown',
        'manual', 'returned')) s
WHERE s.at_ms > $1 OR (s.at_ms = $1 AND s.what || s.name > $2)
ORDER BY s.at_ms, s.what || s.name LIMIT $3;

-- name: residual_held_sums
SELECT COUNT(*), COALESCE(CAST(SUM(s.vnd) AS BIGINT), 0) FROM (
    SELECT 'held' AS what, o.agency_id AS agency_id, o.id AS order_id, o.reference AS name,
        o.captured_vnd - o.excess_refunded_vnd - o.excess_reserved_vnd
            - CASE WHEN o.state IN ('paid', 'overpaid', 'refunded') THEN o.total_vnd ELSE 0 END
            AS vnd, o.updated_ms AS at_ms
    FROM orders o
    WHERE o.agency_id > '' AND o.captured_vnd - o.excess_refunded_vnd - o.excess_reserved_vnd
        <> CASE WHEN o.state IN ('paid', 'overpaid', 'refunded') THEN o.total_vnd ELSE 0 END) s;

-- name: residual_held
SELECT s.what, s.agency_id, s.order_id, s.name, s.vnd, s.at_ms FROM (
    SELECT 'held' AS what, o.agency_id AS agency_id, o.id AS order_id, o.reference AS name,
        o.captured_vnd - o.excess_refunded_vnd - o.excess_reserved_vnd
            - CASE WHEN o.state IN ('paid', 'overpaid', 'refunded') THEN o.total_vnd ELSE 0 END
            AS vnd, o.updated_ms AS at_ms
    FROM orders o
    WHERE o.agency_id > '' AND o.captured_vnd - o.excess_refunded_vnd - o.excess_reserved_vnd
        <> CASE WHEN o.state IN ('paid', 'overpaid', 'refunded') THEN o.total_vnd ELSE 0 END) s
WHERE s.at_ms > $1 OR (s.at_ms = $1 AND s.what || s.name > $2)
ORDER BY s.at_ms, s.what || s.name LIMIT $3;

-- name: residual_over_sums
SELECT COUNT(*), COALESCE(CAST(SUM(s.vnd) AS BIGINT), 0) FROM (
    SELECT 'over' AS what, agency_id, '' AS order_id, id AS name, over_vnd AS vnd,
        opened_ms AS at_ms
    FROM counter_shift WHERE agency_id > '' AND over_vnd > 0) s;

-- name: residual_over
SELECT s.what, s.agency_id, s.order_id, s.name, s.vnd, s.at_ms FROM (
    SELECT 'over' AS what, agency_id, '' AS order_id, id AS name, over_vnd AS vnd,
        opened_ms AS at_ms
    FROM counter_shift WHERE agency_id > '' AND over_vnd > 0) s
WHERE s.at_ms > $1 OR (s.at_ms = $1 AND s.what || s.name > $2)
ORDER BY s.at_ms, s.what || s.name LIMIT $3;
