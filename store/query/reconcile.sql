-- Matching a day with its file: see payments/reconcile.h.

-- References paid there and not captured here: QUERY is asked about them first.
-- name: reconcile_doubt_page
SELECT l.n, a.reference FROM settlement_line l JOIN attempt a ON a.reference = l.merchant_ref
WHERE l.file_n = $1 AND l.n > $2 AND l.kind = 0 AND l.success = 1 AND a.captured_ms = 0
ORDER BY l.n LIMIT $3;

-- What was captured on the day by the channels of the source, as it was known at the cut. What desks
-- took is in no portal's file; a file may name a transfer that they took, or what was assigned: those
-- are in the day only when it does. Channels of other sources ($10) have files of their own.
-- name: reconcile_ours_day
SELECT a.reference, a.agency_id, a.order_id, a.portal_txn, a.captured_vnd, 1,
    CASE WHEN a.channel IN ($6, $7, $8, $9) OR ($10 NOT LIKE '%,' || a.channel || ',%'
            AND EXISTS (SELECT 1 FROM settlement_line l WHERE l.file_n = $3
                AND l.portal_txn = a.portal_txn AND (a.channel <> 'counter' OR l.merchant_ref = '')))
        THEN 1 ELSE 0 END,
    a.portal_day, CASE WHEN a.channel IN ($6, $7, $8, $9) THEN 0 ELSE 1 END
FROM attempt a
WHERE a.portal_day = $1 AND a.reference > $4 AND a.captured_ms > 0 AND a.captured_ms <= $2
ORDER BY a.portal_day, a.reference LIMIT $5;

-- Captures of the day that came late, or for an order that was paid already.
-- name: reconcile_ours_flagged
SELECT a.reference, v.mismatch FROM order_event v JOIN attempt a ON a.agency_id = v.agency_id
    AND a.order_id = v.order_id AND a.n = v.attempt_n
WHERE v.mismatch IN ('LATE', 'DUP_PAY') AND v.at_ms >= $2 AND v.at_ms <= $3 AND a.portal_day = $1
ORDER BY a.reference;

-- Attempts that the file speaks of and that are not captures of the day.
-- name: reconcile_ours_named
SELECT a.reference, a.agency_id, a.order_id, a.portal_txn,
    CASE WHEN a.captured_ms > 0 AND a.captured_ms <= $3 THEN a.captured_vnd ELSE a.amount_vnd END,
    CASE WHEN a.captured_ms > 0 AND a.captured_ms <= $3 THEN 1 ELSE 0 END, 0, a.portal_day
FROM settlement_line l JOIN attempt a ON a.reference = l.merchant_ref
WHERE l.file_n = $1 AND l.merchant_ref > $4
    AND (a.captured_ms = 0 OR a.captured_ms > $3 OR a.portal_day <> $2)
ORDER BY l.merchant_ref LIMIT $5;

-- The same found by the portal's number, of the line itself or of the payment that it undoes, where
-- the reference tells nothing.
-- name: reconcile_ours_numbered
SELECT a.reference, a.agency_id, a.order_id, a.portal_txn, a.captured_vnd, 1, 0, a.portal_day
FROM settlement_line l JOIN attempt a ON a.portal_txn = l.portal_txn
WHERE l.file_n = $1 AND l.portal_txn <> '' AND a.portal_day <> $2 AND a.captured_ms > 0
    AND a.captured_ms <= $3 AND (a.channel <> 'counter' OR l.merchant_ref = '')
    AND $4 NOT LIKE '%,' || a.channel || ',%'
    AND NOT EXISTS (SELECT 1 FROM settlement_line n
        WHERE n.file_n = $1 AND n.merchant_ref = a.reference)
UNION
SELECT a.reference, a.agency_id, a.order_id, a.portal_txn, a.captured_vnd, 1, 0, a.portal_day
FROM settlement_line l JOIN attempt a ON a.portal_txn = l.original_ref
WHERE l.file_n = $1 AND l.original_ref <> '' AND a.portal_day <> $2 AND a.captured_ms > 0
    AND a.captured_ms <= $3
    AND NOT EXISTS (SELECT 1 FROM settlement_line n
        WHERE n.file_n = $1 AND n.merchant_ref = a.reference)
    AND $4 NOT LIKE '%,' || a.channel || ',%'
ORDER BY 1;

-- Refunds that the channel nets, of the day by when they were paid, also if they came back since.
-- name: reconcile_ours_refunds
SELECT r.reference, r.agency_id, r.order_id, r.txn, r.amount_vnd, a.portal_txn, a.reference
FROM journal j
    JOIN refund r ON r.agency_id = j.agency_id AND r.order_id = j.order_id
        AND r.attempt_n = j.attempt_n
        AND (j.source = 'refund:' || r.id OR j.source LIKE 'refund:' || r.id || ':%')
    JOIN attempt a ON a.agency_id = r.agency_id AND a.order_id = r.order_id
        AND a.n = r.attempt_n
WHERE j.kind = 'J6' AND j.day = $1 AND j.at_ms <= $2 AND r.account = 1110
    AND r.channel IN ($3, $4, $5, $6)
ORDER BY j.at_ms, r.id;

-- name: reconcile_line_page
SELECT l.n, l.kind, l.portal_txn, l.merchant_ref, l.original_ref, l.dossier, l.account, l.body,
    l.bank, l.gross_vnd, l.fee_vnd, l.net_vnd, l.currency, l.success, l.code, l.txn_at_ms,
    l.treasury_status
FROM settlement_line l WHERE l.file_n = $1 AND l.n > $2 ORDER BY l.n LIMIT $3;

-- Whether the file of the day before or after has it.
-- name: reconcile_line_elsewhere
SELECT COUNT(*) FROM settlement_line l WHERE l.file_n IN ($1, $2) AND l.merchant_ref = $3
    AND l.kind = 0 AND l.success = 1;

-- name: reconcile_order_dossier
SELECT reference FROM orders WHERE agency_id = $1 AND id = $2;

-- name: reconcile_found_insert
INSERT INTO reconcile_found (run_n, id, class, priority, reference, portal_txn, dossier, agency_id,
    order_id, line, ours_vnd, theirs_vnd, difference_vnd)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13);

-- name: reconcile_found_page
SELECT id, class, difference_vnd FROM reconcile_found WHERE run_n = $1 AND id > $2
ORDER BY id LIMIT $3;

-- What runs left that never ended.
-- name: reconcile_found_sweep
DELETE FROM reconcile_found WHERE run_n < $1;

-- name: reconcile_found_drop
DELETE FROM reconcile_found WHERE run_n = $1;

-- name: reconcile_run_insert
INSERT INTO reconcile_run (provider, account, day, run_n, verdict, reason, file_sha256,
    captured_vnd, captured_count, file_vnd, file_count, matched_vnd, matched_count, difference_vnd,
    residual_vnd, open_count, manifest, manifest_hash, run_ms)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19);

-- name: reconcile_run_last
SELECT verdict, reason, captured_vnd, captured_count, file_vnd, file_count, matched_vnd,
    matched_count, difference_vnd, residual_vnd, open_count, manifest, manifest_hash, run_ms, run_n,
    file_sha256
FROM reconcile_run WHERE provider = $1 AND account = $2 AND day = $3
ORDER BY run_n DESC LIMIT 1;

-- The next older day that has captures or a file.
-- name: reconcile_day_before
SELECT MAX(day) FROM (
    SELECT MAX(portal_day) AS day FROM attempt WHERE portal_day < $3
    UNION ALL
    SELECT MAX(day) AS day FROM settlement_file
    WHERE provider = $1 AND account = $2 AND day < $3 AND state <> 'received'
) days;

-- name: reconcile_captured_sum
SELECT CAST(COALESCE(SUM(captured_vnd), 0) AS BIGINT), COUNT(*) FROM attempt
WHERE portal_day = $1 AND captured_ms > 0 AND channel IN ($2, $3, $4, $5);
