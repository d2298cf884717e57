-- Matching a day with its file: see payments/reconcile.h.

-- What was captured on the day by the channels of the source, as it was known at the cut, and by
-- those that have no file of their own: channels of other sources ($7) have. Walked, in no order.
-- name: reconcile_ours_day
SELECT a.reference, a.agency_id, a.order_id, a.portal_txn, a.captured_vnd,
    CASE WHEN a.channel IN ($3, $4, $5, $6) THEN 0 WHEN a.channel = 'counter' THEN 2 ELSE 1 END
FROM attempt a
WHERE a.portal_day = $1 AND a.captured_ms > 0 AND a.captured_ms <= $2
    AND (a.channel IN ($3, $4, $5, $6) OR $7 NOT LIKE '%,' || a.channel || ',%');

-- Captures of the day that came late, or for an order that was paid already.
-- name: reconcile_ours_flagged
SELECT a.reference, v.mismatch FROM order_event v JOIN attempt a ON a.agency_id = v.agency_id
    AND a.order_id = v.order_id AND a.n = v.attempt_n
WHERE v.mismatch IN ('LATE', 'DUP_PAY') AND v.at_ms >= $2 AND v.at_ms <= $3 AND a.portal_day = $1
ORDER BY a.reference;

-- Attempts that the file speaks of and that are not captures of the day; last, whether they wait
-- for money still.
-- name: reconcile_ours_named
SELECT a.reference, a.agency_id, a.order_id, a.portal_txn,
    CASE WHEN a.captured_ms > 0 AND a.captured_ms <= $1 THEN a.captured_vnd ELSE a.amount_vnd END,
    CASE WHEN a.captured_ms > 0 AND a.captured_ms <= $1 THEN 1 ELSE 0 END, a.portal_day,
    CASE WHEN a.captured_ms = 0 THEN 1 ELSE 0 END
FROM attempt a
WHERE (a.captured_ms = 0 OR a.captured_ms > $1 OR a.portal_day <> $2) AND a.reference IN (
    $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
    $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34);

-- Captures of other days by the portal's number.
-- name: reconcile_ours_numbered
SELECT a.reference, a.agency_id, a.order_id, a.portal_txn, a.captured_vnd, 1, a.portal_day
FROM attempt a
WHERE a.portal_day <> $2 AND a.captured_ms > 0 AND a.captured_ms <= $1
    AND (a.channel <> 'counter' OR CAST($3 AS BIGINT) = 1)
    AND $4 NOT LIKE '%,' || a.channel || ',%' AND a.portal_txn IN (
    $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24,
    $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36);

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

-- Walked, in no order.
-- name: reconcile_lines
SELECT l.n, l.kind, l.portal_txn, l.merchant_ref, l.original_ref, l.dossier, l.account, l.body,
    l.bank, l.gross_vnd, l.fee_vnd, l.net_vnd, l.currency, l.success, l.code, l.txn_at_ms,
    l.treasury_status
FROM settlement_line l WHERE l.file_n = $1;

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
