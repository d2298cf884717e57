-- name: ledger_head_make
INSERT INTO ledger_head (agency_id, slot, n, hash) VALUES ($1, $2, 0, '') ON CONFLICT DO NOTHING;

-- name: ledger_head_take
UPDATE ledger_head SET n = n + 1 WHERE agency_id = $1 AND slot = $2 RETURNING n, hash;

-- name: ledger_head_set
UPDATE ledger_head SET hash = $3 WHERE agency_id = $1 AND slot = $2;

-- name: ledger_journal_insert
INSERT INTO journal (agency_id, slot, n, kind, source, order_id, attempt_n, day, corrects, at_ms,
    total_vnd, prev_hash, hash)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT DO NOTHING;

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

-- name: ledger_walk
SELECT j.agency_id, j.slot, j.n, j.kind, j.source, j.order_id, j.attempt_n, j.day, j.corrects,
    j.at_ms, j.total_vnd, j.prev_hash, j.hash, p.line, p.account, p.side, p.amount_vnd, p.fee
FROM journal j LEFT JOIN posting p
    ON p.agency_id = j.agency_id AND p.slot = j.slot AND p.journal_n = j.n
WHERE (j.agency_id, j.slot, j.n) > ($1, $2, $3)
    AND (j.agency_id, j.slot, j.n) <= ($4, $5, $6)
ORDER BY j.agency_id, j.slot, j.n, p.line;

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
WHERE (CASE WHEN a.state = 'captured' THEN 1 ELSE 0 END) <> (SELECT COUNT(*) FROM journal j
    WHERE j.agency_id = a.agency_id AND j.order_id = a.order_id AND j.attempt_n = a.n
        AND j.kind IN ('J2', 'J2c'))
LIMIT 1;

-- name: ledger_bad_orders
SELECT o.agency_id, o.id FROM orders o
WHERE o.total_vnd <> (SELECT COALESCE(CAST(SUM(l.net_vnd) AS BIGINT), 0) FROM order_line l
        WHERE l.agency_id = o.agency_id AND l.order_id = o.id)
    OR o.captured_vnd <> (SELECT COALESCE(CAST(SUM(a.captured_vnd) AS BIGINT), 0) FROM attempt a
        WHERE a.agency_id = o.agency_id AND a.order_id = o.id AND a.state = 'captured')
    OR (CASE WHEN o.captured_vnd > 0 THEN 1 ELSE 0 END)
        <> (CASE WHEN o.state IN ('paid', 'overpaid') THEN 1 ELSE 0 END)
LIMIT 1;

-- name: ledger_bad_receipts
SELECT o.agency_id, o.id FROM orders o
WHERE o.state IN ('paid', 'overpaid') AND EXISTS (SELECT 1 FROM order_line k
    WHERE k.agency_id = o.agency_id AND k.order_id = o.id
    GROUP BY k.kind HAVING SUM(k.net_vnd) > 0 AND SUM(k.net_vnd) <> (
        SELECT COALESCE(SUM(r.amount_vnd), 0) FROM receipt r WHERE r.agency_id = o.agency_id
            AND r.order_id = o.id AND r.kind = k.kind AND r.state <> 'replaced'))
LIMIT 1;

-- name: ledger_bad_splits
SELECT j.agency_id, j.source FROM journal j
WHERE j.kind = 'J2' AND (
    (SELECT COALESCE(SUM(p.amount_vnd), 0) FROM posting p WHERE p.agency_id = j.agency_id
        AND p.slot = j.slot AND p.journal_n = j.n AND p.side = 1 AND p.account IN (2120, 2130))
    <> (SELECT COALESCE(SUM(l.net_vnd), 0) FROM order_line l WHERE l.agency_id = j.agency_id
        AND l.order_id = j.order_id AND l.kind = 1)
    OR (SELECT COALESCE(SUM(p.amount_vnd), 0) FROM posting p WHERE p.agency_id = j.agency_id
        AND p.slot = j.slot AND p.journal_n = j.n AND p.side = 1 AND p.account = 2110)
    <> (SELECT COALESCE(SUM(l.net_vnd), 0) FROM order_line l WHERE l.agency_id = j.agency_id
        AND l.order_id = j.order_id AND l.kind = 2))
LIMIT 1;

-- name: ledger_receipt_gaps
SELECT h.agency_id, h.serial FROM receipt_head h
WHERE h.last <> (SELECT COUNT(*) FROM receipt r WHERE r.agency_id = h.agency_id
        AND r.form = h.form AND r.serial = h.serial AND r.year = h.year)
    OR h.last <> (SELECT COALESCE(MAX(r.number), 0) FROM receipt r
        WHERE r.agency_id = h.agency_id AND r.form = h.form AND r.serial = h.serial
            AND r.year = h.year)
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
