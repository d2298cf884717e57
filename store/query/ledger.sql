-- name: ledger_head_make
INSERT INTO ledger_head (agency_id, slot, n, hash) VALUES ($1, $2, 0, '') ON CONFLICT DO NOTHING;

-- name: ledger_head_take
UPDATE ledger_head SET n = n + 1 WHERE agency_id = $1 AND slot = $2 RETURNING n, hash;

-- name: ledger_head_set
UPDATE ledger_head SET hash = $3 WHERE agency_id = $1 AND slot = $2;

-- name: ledger_journal_insert
INSERT INTO journal (agency_id, slot, n, kind, source, order_id, attempt_n, day, corrects, at_ms,
    total_vnd, prev_hash, hash)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13);

-- name: ledger_posting_insert
INSERT INTO posting (agency_id, slot, journal_n, line, account, side, amount_vnd, fee)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: ledger_balances
SELECT p.account,
    CAST(SUM(CASE WHEN p.side = 0 THEN p.amount_vnd ELSE 0 END) AS BIGINT),
    CAST(SUM(CASE WHEN p.side = 1 THEN p.amount_vnd ELSE 0 END) AS BIGINT)
FROM posting p JOIN journal j
    ON j.agency_id = p.agency_id AND j.slot = p.slot AND j.n = p.journal_n
WHERE (CAST($1 AS TEXT) = '' OR p.agency_id = $1) AND j.day <= $2
GROUP BY p.account ORDER BY p.account;

-- name: ledger_balances_at
SELECT p.account,
    CAST(SUM(CASE WHEN p.side = 0 THEN p.amount_vnd ELSE 0 END) AS BIGINT),
    CAST(SUM(CASE WHEN p.side = 1 THEN p.amount_vnd ELSE 0 END) AS BIGINT)
FROM posting p JOIN journal j
    ON j.agency_id = p.agency_id AND j.slot = p.slot AND j.n = p.journal_n
WHERE (CAST($1 AS TEXT) = '' OR p.agency_id = $1) AND j.at_ms <= $2
GROUP BY p.account ORDER BY p.account;

-- name: ledger_walk
SELECT j.agency_id, j.slot, j.n, j.kind, j.source, j.order_id, j.attempt_n, j.day, j.corrects,
    j.at_ms, j.total_vnd, j.prev_hash, j.hash, p.line, p.account, p.side, p.amount_vnd, p.fee
FROM journal j LEFT JOIN posting p
    ON p.agency_id = j.agency_id AND p.slot = j.slot AND p.journal_n = j.n
WHERE j.agency_id = $1 AND j.slot = $2 AND j.n > $3 AND j.n <= $4
ORDER BY j.n, p.line;

-- name: ledger_heads
SELECT h.agency_id, h.slot, h.n, h.hash,
    (SELECT COUNT(*) FROM journal j WHERE j.agency_id = h.agency_id AND j.slot = h.slot)
FROM ledger_head h ORDER BY h.agency_id, h.slot;

-- name: ledger_orphans
SELECT j.agency_id, j.source FROM journal j LEFT JOIN ledger_head h
    ON h.agency_id = j.agency_id AND h.slot = j.slot
WHERE h.agency_id IS NULL LIMIT 1;

-- name: ledger_bad_captures
SELECT a.agency_id, a.reference FROM attempt a
WHERE (CASE WHEN a.state IN ('captured', 'reversed') THEN 1 ELSE 0 END)
        <> (SELECT COUNT(*) FROM journal j WHERE j.agency_id = a.agency_id
            AND j.source = 'capture:' || a.order_id || ':' || CAST(a.n AS TEXT)
            AND j.kind IN ('J2', 'J2b', 'J2c'))
    OR (CASE WHEN a.state = 'reversed' THEN 1 ELSE 0 END)
        <> (SELECT COUNT(*) FROM journal j WHERE j.agency_id = a.agency_id
            AND j.source = 'reversal:' || a.order_id || ':' || CAST(a.n AS TEXT)
            AND j.kind = 'J8a')
    OR a.captured_vnd <> (SELECT COALESCE(CAST(SUM(p.amount_vnd) AS BIGINT), 0)
        FROM journal j JOIN posting p
            ON p.agency_id = j.agency_id AND p.slot = j.slot AND p.journal_n = j.n
        WHERE j.agency_id = a.agency_id AND j.order_id = a.order_id AND j.attempt_n = a.n
            AND j.kind IN ('J2', 'J2b', 'J2c') AND p.side = 0
            AND p.account IN (1110, 1120, 1140, 2160))
LIMIT 1;

-- name: ledger_bad_sums
SELECT o.agency_id, o.id FROM orders o
WHERE o.total_vnd <> (SELECT COALESCE(CAST(SUM(l.net_vnd) AS BIGINT), 0) FROM order_line l
        WHERE l.agency_id = o.agency_id AND l.order_id = o.id)
    OR o.captured_vnd - o.carried_vnd
        <> (SELECT COALESCE(CAST(SUM(a.captured_vnd) AS BIGINT), 0) FROM attempt a
        WHERE a.agency_id = o.agency_id AND a.order_id = o.id AND a.state = 'captured')
LIMIT 1;

-- name: ledger_bad_orders
SELECT o.agency_id, o.id FROM orders o LEFT JOIN (
    SELECT j.agency_id AS agency_id, j.order_id AS order_id,
        SUM(CASE WHEN p.account = 1130 THEN (1 - 2 * p.side) * p.amount_vnd ELSE 0 END) AS due,
        SUM(CASE WHEN p.account = 2100 THEN (2 * p.side - 1) * p.amount_vnd ELSE 0 END) AS assessed,
        SUM(CASE WHEN p.account = 2140 THEN (2 * p.side - 1) * p.amount_vnd ELSE 0 END) AS reserved,
        SUM(CASE WHEN p.account = 2150 THEN (2 * p.side - 1) * p.amount_vnd ELSE 0 END) AS held,
        SUM(CASE WHEN p.account IN (2110, 2120, 2130) AND j.kind <> 'J6t'
            THEN (2 * p.side - 1) * p.amount_vnd ELSE 0 END) AS applied,
        SUM(CASE WHEN p.account = 2140 AND j.kind IN ('J6', 'J6u', 'J6R')
            THEN (1 - 2 * p.side) * p.amount_vnd ELSE 0 END) AS refunded,
        SUM(CASE WHEN p.account = 1190 THEN (1 - 2 * p.side) * p.amount_vnd ELSE 0 END) AS carried
    FROM journal j JOIN posting p
        ON p.agency_id = j.agency_id AND p.slot = j.slot AND p.journal_n = j.n
    WHERE j.order_id <> ''
    GROUP BY j.agency_id, j.order_id) b
    ON b.agency_id = o.agency_id AND b.order_id = o.id
WHERE COALESCE(b.due, 0)
        <> (CASE WHEN o.state IN ('open', 'underpaid') THEN o.total_vnd ELSE 0 END)
    OR COALESCE(b.assessed, 0) <> COALESCE(b.due, 0)
    OR COALESCE(b.reserved, 0) <> o.reserved_vnd
    OR COALESCE(b.refunded, 0) <> o.refunded_vnd
    OR COALESCE(b.carried, 0) <> o.carried_vnd
    OR COALESCE(b.held, 0) <> o.captured_vnd - o.excess_refunded_vnd - o.excess_reserved_vnd
        - (CASE WHEN o.state IN ('paid', 'overpaid', 'refunded') THEN o.total_vnd ELSE 0 END)
    OR COALESCE(b.applied, 0)
        <> (CASE WHEN o.state IN ('paid', 'overpaid', 'refunded') THEN o.total_vnd ELSE 0 END)
        - (o.refunded_vnd - o.excess_refunded_vnd) - (o.reserved_vnd - o.excess_reserved_vnd)
    OR (o.state = 'underpaid' AND b.held >= o.total_vnd)
LIMIT 1;

-- name: ledger_bad_receipts
SELECT o.agency_id, o.id FROM orders o
WHERE o.state IN ('paid', 'overpaid', 'refunded') AND EXISTS (SELECT 1 FROM order_line k
    WHERE k.agency_id = o.agency_id AND k.order_id = o.id
    GROUP BY k.kind HAVING SUM(k.net_vnd) > 0 AND SUM(k.net_vnd) <> (
        SELECT COALESCE(SUM(r.amount_vnd), 0) FROM receipt r WHERE r.agency_id = o.agency_id
            AND r.order_id = o.id AND r.kind = k.kind AND r.revision = 0))
LIMIT 1;

-- name: ledger_bad_splits
SELECT s.agency_id, s.source FROM (
    SELECT j.agency_id AS agency_id, j.source AS source, p.account AS account, p.fee AS fee,
        p.amount_vnd AS vnd
    FROM journal j JOIN posting p
        ON p.agency_id = j.agency_id AND p.slot = j.slot AND p.journal_n = j.n
    WHERE j.kind = 'J2' AND p.side = 1 AND p.account IN (2110, 2120, 2130)
    UNION ALL
    SELECT j.agency_id, j.source, CASE WHEN l.kind = 2 THEN 2110 ELSE 2120 END, l.fee,
        -l.budget_vnd
    FROM journal j JOIN order_line l ON l.agency_id = j.agency_id AND l.order_id = j.order_id
    WHERE j.kind = 'J2'
    UNION ALL
    SELECT j.agency_id, j.source, CASE WHEN l.kind = 2 THEN 2110 ELSE 2130 END, l.fee,
        -l.retained_vnd
    FROM journal j JOIN order_line l ON l.agency_id = j.agency_id AND l.order_id = j.order_id
    WHERE j.kind = 'J2') s
GROUP BY s.agency_id, s.source, s.account, s.fee HAVING SUM(s.vnd) <> 0
LIMIT 1;

-- name: ledger_receipt_gaps
SELECT h.agency_id, h.serial FROM receipt_head h
WHERE h.last <> (SELECT COUNT(*) FROM receipt r WHERE r.agency_id = h.agency_id
        AND r.form = h.form AND r.serial = h.serial AND r.year = h.year)
    + (SELECT COALESCE(SUM(g.last - g.first + 1 - g.used), 0) FROM receipt_range g
        WHERE g.agency_id = h.agency_id AND g.form = h.form AND g.serial = h.serial
            AND g.year = h.year)
    OR h.last < (SELECT COALESCE(MAX(r.number), 0) FROM receipt r
        WHERE r.agency_id = h.agency_id AND r.form = h.form AND r.serial = h.serial
            AND r.year = h.year)
    OR EXISTS (SELECT 1 FROM receipt_range g WHERE g.agency_id = h.agency_id AND g.form = h.form
        AND g.serial = h.serial AND g.year = h.year AND g.used <> (SELECT COUNT(*) FROM receipt r
            WHERE r.agency_id = g.agency_id AND r.form = g.form AND r.serial = g.serial
                AND r.year = g.year AND r.number BETWEEN g.first AND g.first + g.used - 1))
LIMIT 1;

-- name: ledger_counts
SELECT (SELECT COUNT(*) FROM orders), (SELECT COUNT(*) FROM attempt), (SELECT COUNT(*) FROM receipt),
    (SELECT COUNT(*) FROM receipt r LEFT JOIN receipt_head h ON h.agency_id = r.agency_id
        AND h.form = r.form AND h.serial = r.serial AND h.year = r.year
        WHERE h.agency_id IS NULL);

-- name: ledger_count_kind
SELECT COUNT(*) FROM journal WHERE agency_id = $1 AND order_id = $2 AND kind = $3;

-- name: ledger_by_source
SELECT j.kind, j.order_id, j.attempt_n, j.day, j.corrects, p.account, p.side, p.amount_vnd, p.fee
FROM journal j JOIN posting p
    ON p.agency_id = j.agency_id AND p.slot = j.slot AND p.journal_n = j.n
WHERE j.agency_id = $1 AND j.source = $2 ORDER BY p.line;

-- name: ledger_left
SELECT p.account, p.fee,
    CAST(SUM(CASE WHEN p.side = 1 THEN p.amount_vnd ELSE -p.amount_vnd END) AS BIGINT)
FROM journal j JOIN posting p
    ON p.agency_id = j.agency_id AND p.slot = j.slot AND p.journal_n = j.n
WHERE j.agency_id = $1 AND j.order_id = $2 AND p.account IN (2110, 2120, 2130)
    AND j.kind <> 'J6t'
GROUP BY p.account, p.fee
HAVING SUM(CASE WHEN p.side = 1 THEN p.amount_vnd ELSE -p.amount_vnd END) <> 0
ORDER BY p.account, p.fee;

-- name: ledger_last_assessed
SELECT source FROM journal WHERE agency_id = $1 AND order_id = $2 AND kind = 'J1'
ORDER BY at_ms DESC, source DESC LIMIT 1;

-- name: ledger_disputed
SELECT COALESCE(CAST(SUM((1 - 2 * p.side) * p.amount_vnd) AS BIGINT), 0)
FROM journal j JOIN posting p
    ON p.agency_id = j.agency_id AND p.slot = j.slot AND p.journal_n = j.n
WHERE j.agency_id = $1 AND j.order_id = $2 AND p.account = 1180;

-- name: ledger_bad_reversals
SELECT a.agency_id, a.reference FROM attempt a
WHERE a.state = 'reversed' AND NOT EXISTS (SELECT 1 FROM proposal p
    WHERE p.agency_id = a.agency_id AND p.kind = 'reversal' AND p.subject = a.reference
        AND p.state = 'approved' AND p.decided_by <> p.maker)
LIMIT 1;

-- What channels owe or paid in, and what of it is disputed, of each agency.
-- name: ledger_bad_clearing
SELECT s.agency_id, 'clearing' FROM (
    SELECT j.agency_id AS agency_id, (1 - 2 * p.side) * p.amount_vnd AS clearing, 0 AS disputed
    FROM journal j JOIN posting p
        ON p.agency_id = j.agency_id AND p.slot = j.slot AND p.journal_n = j.n
    WHERE j.kind IN ('J2', 'J2b', 'J2c', 'J8', 'J8R') AND j.order_id <> ''
        AND p.account IN (1110, 1120, 1140, 2160)
    UNION ALL
    SELECT j.agency_id, 0, (1 - 2 * p.side) * p.amount_vnd
    FROM journal j JOIN posting p
        ON p.agency_id = j.agency_id AND p.slot = j.slot AND p.journal_n = j.n
    WHERE j.kind IN ('J8', 'J8R', 'J8a') AND p.account = 1180
    UNION ALL
    SELECT a.agency_id, -a.captured_vnd, 0 FROM attempt a WHERE a.state = 'captured'
    UNION ALL
    SELECT p.agency_id, p.amount_vnd, -p.amount_vnd FROM proposal p
    WHERE p.kind = 'reversal' AND p.state = 'open') s
GROUP BY s.agency_id HAVING SUM(s.clearing) <> 0 OR SUM(s.disputed) <> 0
LIMIT 1;

-- Money at providers (1110) of each agency and channel: captured, less refunded, less what is
-- disputed, against every journal there. Payouts name no channel: with what was given to orders when
-- it was found they stand under ''. Write-offs and charges are judged one by one below.
-- name: ledger_bad_cleared
SELECT s.agency_id, 'cleared ' || s.channel FROM (
    SELECT j.agency_id AS agency_id,
        CASE WHEN a.channel IS NULL OR a.channel = 'assigned' THEN '' ELSE a.channel END AS channel,
        (1 - 2 * p.side) * p.amount_vnd AS vnd
    FROM posting p JOIN journal j
        ON j.agency_id = p.agency_id AND j.slot = p.slot AND j.n = p.journal_n
        LEFT JOIN attempt a ON a.agency_id = j.agency_id AND a.order_id = j.order_id
            AND a.n = j.attempt_n
    WHERE p.account = 1110 AND j.source NOT LIKE 'write\_off:%' ESCAPE '\'
        AND j.source NOT LIKE 'charge:%'
    UNION ALL
    SELECT a.agency_id, CASE WHEN a.channel = 'assigned' THEN '' ELSE a.channel END,
        -a.captured_vnd
    FROM attempt a WHERE a.state = 'captured' AND (a.channel IN ('portal', 'vnpay')
        OR (a.channel = 'assigned' AND a.info <> 'transfer'))
    UNION ALL
    SELECT p.agency_id, CASE WHEN a.channel = 'assigned' THEN '' ELSE a.channel END, p.amount_vnd
    FROM proposal p JOIN attempt a ON a.agency_id = p.agency_id AND a.reference = p.subject
    WHERE p.kind = 'reversal' AND p.state = 'open' AND (a.channel IN ('portal', 'vnpay')
        OR (a.channel = 'assigned' AND a.info <> 'transfer'))
    UNION ALL
    SELECT r.agency_id, CASE WHEN r.channel = 'assigned' THEN '' ELSE r.channel END,
        CASE WHEN r.route = 'treasury' THEN r.excess_vnd ELSE r.amount_vnd END
    FROM refund r WHERE r.state = 'succeeded' AND r.account = 1110
    UNION ALL
    SELECT i.agency_id, '', i.vnd FROM payout_item i) s
GROUP BY s.agency_id, s.channel HAVING SUM(s.vnd) <> 0
LIMIT 1;

-- What was written off, or charged by a provider, two persons decided, with this very amount.
-- name: ledger_stray_losses
SELECT j.agency_id, j.source FROM journal j
WHERE (j.source LIKE 'write\_off:%' ESCAPE '\' OR j.source LIKE 'charge:%')
    AND NOT EXISTS (SELECT 1 FROM proposal p WHERE p.kind = 'exception' AND p.state = 'approved'
        AND p.amount_vnd = j.total_vnd AND p.decided_by <> p.maker
        AND p.content LIKE '%"action":"' || CASE WHEN j.kind = 'J10' THEN 'write\_off'
            ELSE 'charge' END || '"%' ESCAPE '\'
        AND p.content LIKE '%"agency":"' || j.agency_id || '","amount_vnd":'
            || CAST(j.total_vnd AS TEXT) || ',%')
LIMIT 1;

-- name: ledger_bad_carries
SELECT agency_id, 'carried' FROM orders GROUP BY agency_id HAVING SUM(carried_vnd) <> 0 LIMIT 1;

-- What desks took and brought to the bank is what their attempts and journals say.
-- name: ledger_bad_desks
SELECT s.agency_id, s.id FROM counter_shift s
WHERE s.cash_vnd <> (SELECT COALESCE(CAST(SUM(t.amount_vnd) AS BIGINT), 0) FROM counter_take t
        WHERE t.agency_id = s.agency_id AND t.shift_id = s.id AND t.method = 'cash')
    OR s.transfer_vnd <> (SELECT COALESCE(CAST(SUM(t.amount_vnd) AS BIGINT), 0) FROM counter_take t
        WHERE t.agency_id = s.agency_id AND t.shift_id = s.id AND t.method = 'transfer')
    OR s.deposited_vnd <> (SELECT COALESCE(CAST(SUM(d.amount_vnd) AS BIGINT), 0)
        FROM counter_deposit d WHERE d.agency_id = s.agency_id AND d.shift_id = s.id)
    OR s.over_vnd <> (SELECT COALESCE(CAST(SUM(j.total_vnd) AS BIGINT), 0) FROM journal j
        WHERE j.agency_id = s.agency_id AND j.source = 'shift_over:' || s.id AND j.kind = 'J7')
UNION ALL
SELECT d.agency_id, d.slip FROM counter_deposit d
WHERE d.amount_vnd <> (SELECT COALESCE(CAST(SUM(j.total_vnd) AS BIGINT), 0) FROM journal j
    WHERE j.agency_id = d.agency_id AND j.kind = 'J2d'
        AND j.source = 'deposit:' || d.shift_id || ':' || d.slip)
UNION ALL
SELECT j.agency_id, j.source FROM journal j
WHERE j.kind = 'J2d' AND NOT EXISTS (SELECT 1 FROM counter_deposit d
    WHERE d.agency_id = j.agency_id AND j.source = 'deposit:' || d.shift_id || ':' || d.slip)
UNION ALL
SELECT a.agency_id, a.reference FROM attempt a LEFT JOIN counter_take t
    ON t.agency_id = a.agency_id AND t.order_id = a.order_id AND t.attempt_n = a.n
WHERE (a.channel = 'counter' AND a.captured_ms > 0)
        <> (t.amount_vnd IS NOT NULL AND t.amount_vnd = a.captured_vnd AND a.info = t.method)
LIMIT 1;

-- Each J3 and J3b is of one payout, which is the sum of its items, each of which is a capture, a
-- refund or a reversal.
-- name: ledger_bad_payouts
SELECT p.agency_id, CAST(p.n AS TEXT) FROM payout p
WHERE p.gross_vnd - p.returned_vnd <> (SELECT COALESCE(CAST(SUM((2 * q.side - 1) * q.amount_vnd)
        AS BIGINT), 0) FROM journal j JOIN posting q
            ON q.agency_id = j.agency_id AND q.slot = j.slot AND q.journal_n = j.n
        WHERE j.agency_id = p.agency_id AND j.source = 'payout:' || p.provider || ':' || CAST(p.n AS TEXT)
            AND j.kind = 'J3' AND q.account = 1110)
    OR p.net_vnd <> (SELECT COALESCE(CAST(SUM((1 - 2 * q.side) * q.amount_vnd) AS BIGINT), 0)
        FROM journal j JOIN posting q
            ON q.agency_id = j.agency_id AND q.slot = j.slot AND q.journal_n = j.n
        WHERE j.agency_id = p.agency_id AND j.source = 'payout:' || p.provider || ':' || CAST(p.n AS TEXT)
            AND j.kind = 'J3' AND q.account = 1120)
    OR p.invoiced_vnd <> (SELECT COALESCE(CAST(SUM(j.total_vnd) AS BIGINT), 0) FROM journal j
        WHERE j.agency_id = p.agency_id AND j.source = 'payout_fee:' || p.provider || ':' || CAST(p.n AS TEXT)
            AND j.kind = 'J3b')
    OR (CASE WHEN p.state = 'reversed' THEN 1 ELSE 0 END) * (SELECT COUNT(*) FROM journal j
        WHERE j.agency_id = p.agency_id AND j.source IN ('payout:' || p.provider || ':' || CAST(p.n AS TEXT),
            'payout_fee:' || p.provider || ':' || CAST(p.n AS TEXT)))
        <> (SELECT COUNT(*) FROM journal j WHERE j.agency_id = p.agency_id AND j.kind = 'J11'
            AND j.source IN ('payout_reversed:' || p.provider || ':' || CAST(p.n AS TEXT),
                'payout_fee_reversed:' || p.provider || ':' || CAST(p.n AS TEXT)))
LIMIT 1;

-- name: ledger_bad_payout_sums
SELECT p.agency_id, CAST(p.n AS TEXT) FROM payout p LEFT JOIN (
    SELECT i.agency_id AS agency_id, i.payout_n AS n, SUM(i.vnd) AS vnd,
        SUM(i.fee_vnd * i.deducted) AS fee, SUM(i.fee_vnd * (1 - i.deducted)) AS invoiced
    FROM payout_item i GROUP BY i.agency_id, i.payout_n) s
    ON s.agency_id = p.agency_id AND s.n = p.n
WHERE (p.state = 'reversed' AND s.n IS NOT NULL)
    OR (p.state <> 'reversed' AND (s.n IS NULL OR s.vnd <> p.gross_vnd - p.returned_vnd
        OR s.fee <> p.fee_vnd OR s.invoiced <> p.invoiced_vnd))
LIMIT 1;

-- name: ledger_bad_payout_items
SELECT i.agency_id, i.order_id FROM payout_item i
    LEFT JOIN payout p ON p.agency_id = i.agency_id AND p.n = i.payout_n
    LEFT JOIN attempt a
        ON a.agency_id = i.agency_id AND a.order_id = i.order_id AND a.n = i.attempt_n
    LEFT JOIN refund r ON r.agency_id = i.agency_id AND r.id = i.what
WHERE p.n IS NULL OR a.n IS NULL OR a.captured_ms = 0
    OR (i.what = '' AND i.vnd <> a.captured_vnd)
    OR (i.what = 'reversal' AND i.vnd <> -a.captured_vnd)
    OR (i.what NOT IN ('', 'reversal') AND (r.id IS NULL OR i.vnd <> -r.amount_vnd))
LIMIT 1;

-- name: ledger_stray_payouts
SELECT j.agency_id, j.source FROM journal j
WHERE j.kind IN ('J3', 'J3b') AND NOT EXISTS (SELECT 1 FROM payout p
    WHERE p.agency_id = j.agency_id AND j.source IN ('payout:' || p.provider || ':' || CAST(p.n AS TEXT),
        'payout_fee:' || p.provider || ':' || CAST(p.n AS TEXT)))
LIMIT 1;

-- Each J4 and J4b is a remittance that another person approved and the treasury confirmed, and is
-- the sum of what it claims.
-- name: ledger_bad_remittances
SELECT r.agency_id, r.number FROM remittance r
WHERE (CASE WHEN r.state = 'confirmed' THEN r.total_vnd ELSE 0 END)
        <> (SELECT COALESCE(CAST(SUM(j.total_vnd) AS BIGINT), 0) FROM journal j
            WHERE j.agency_id = r.agency_id AND j.source = 'remittance:' || r.id
                AND j.kind = 'J4')
    OR (CASE WHEN r.state = 'confirmed' THEN r.retained_vnd ELSE 0 END)
        <> (SELECT COALESCE(CAST(SUM(j.total_vnd) AS BIGINT), 0) FROM journal j
            WHERE j.agency_id = r.agency_id AND j.source = 'release:' || r.id
                AND j.kind = 'J4b')
    OR (r.state <> 'cancelled' AND r.total_vnd
        <> (SELECT COALESCE(CAST(SUM(i.vnd) AS BIGINT), 0) FROM remittance_item i
            WHERE i.remittance_n = r.n AND i.agency_id = r.agency_id
                AND i.account IN (2110, 2120)))
    OR (r.state <> 'cancelled' AND r.retained_vnd
        <> (SELECT COALESCE(CAST(SUM(i.vnd) AS BIGINT), 0) FROM remittance_item i
            WHERE i.remittance_n = r.n AND i.agency_id = r.agency_id AND i.account = 2130))
    OR (r.state IN ('approved', 'sent', 'confirmed') AND NOT EXISTS (SELECT 1 FROM proposal p
        WHERE p.kind = 'remittance' AND p.subject = r.id AND p.id = r.proposal_id
            AND p.state = 'approved' AND p.decided_by <> p.maker))
LIMIT 1;

-- name: ledger_stray_remittances
SELECT j.agency_id, j.source FROM journal j
WHERE j.kind IN ('J4', 'J4b') AND NOT EXISTS (SELECT 1 FROM remittance r
    WHERE r.agency_id = j.agency_id AND j.source IN ('remittance:' || r.id, 'release:' || r.id))
UNION ALL
SELECT i.agency_id, i.order_id FROM remittance_item i
WHERE NOT EXISTS (SELECT 1 FROM remittance r WHERE r.agency_id = i.agency_id
    AND r.n = i.remittance_n AND r.state <> 'cancelled')
LIMIT 1;

-- Nothing is remitted twice: of an order no more than was ever credited.
-- name: ledger_bad_claims
SELECT c.agency_id, c.order_id FROM (
    SELECT i.agency_id AS agency_id, i.order_id AS order_id, i.account AS account, i.fee AS fee,
        SUM(i.vnd) AS vnd
    FROM remittance_item i GROUP BY i.agency_id, i.order_id, i.account, i.fee) c
WHERE c.vnd > (SELECT COALESCE(SUM(p.amount_vnd), 0) FROM journal j JOIN posting p
        ON p.agency_id = j.agency_id AND p.slot = j.slot AND p.journal_n = j.n
    WHERE j.agency_id = c.agency_id AND j.order_id = c.order_id AND p.account = c.account
        AND p.fee = c.fee AND p.side = 1 AND j.kind NOT IN ('J5R', 'J6t'))
LIMIT 1;

-- name: ledger_no_history
SELECT o.agency_id, o.id FROM orders o
WHERE NOT EXISTS (SELECT 1 FROM order_event v WHERE v.agency_id = o.agency_id
    AND v.order_id = o.id)
UNION ALL
SELECT a.agency_id, a.reference FROM attempt a
WHERE NOT EXISTS (SELECT 1 FROM order_event v WHERE v.agency_id = a.agency_id
    AND v.order_id = a.order_id AND v.attempt_n = a.n)
LIMIT 1;

-- name: ledger_replay
SELECT v.agency_id, v.order_id, v.seq, v.attempt_n, v.event, v.from_state, v.to_state,
    COALESCE(o.state, ''), COALESCE(o.event_seq, 0), COALESCE(a.state, '')
FROM order_event v LEFT JOIN orders o ON o.agency_id = v.agency_id AND o.id = v.order_id
    LEFT JOIN attempt a ON a.agency_id = v.agency_id AND a.order_id = v.order_id
        AND a.n = v.attempt_n
ORDER BY v.agency_id, v.order_id, v.seq;

-- Chains of one writer: how far they have come, and what was posted since.
-- name: ledger_slot_heads
SELECT agency_id, n FROM ledger_head WHERE slot = $1 ORDER BY agency_id;

-- name: ledger_since
SELECT j.kind, j.order_id, p.account, p.side, p.amount_vnd, p.fee
FROM journal j JOIN posting p
    ON p.agency_id = j.agency_id AND p.slot = j.slot AND p.journal_n = j.n
WHERE j.agency_id = $1 AND j.slot = $2 AND j.n > $3 ORDER BY j.n, p.line;
