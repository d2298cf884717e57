-- Matching a day with its file: see payments/reconcile.h.

-- References paid there and not captured here: QUERY is asked about them first.
-- name: reconcile_doubt_page
SELECT l.n, a.reference FROM settlement_line l JOIN attempt a ON a.reference = l.merchant_ref
WHERE l.file_n = $1 AND l.n > $2 AND l.kind = 0 AND l.success = 1 AND a.captured_ms = 0
ORDER BY l.n LIMIT $3;

-- What desks took is in no portal's file; a bank's file may name a transfer that they took.
-- name: reconcile_ours_freeze_day
INSERT INTO reconcile_ours (run_n, reference, agency_id, order_id, dossier, portal_txn, amount_vnd,
    captured, in_day, portal_day, late, twice, taken)
SELECT CAST($1 AS BIGINT), a.reference, a.agency_id, a.order_id, o.reference, a.portal_txn,
    a.captured_vnd, 1, 1, a.portal_day,
    CASE WHEN EXISTS (SELECT 1 FROM order_event v WHERE v.agency_id = a.agency_id
        AND v.order_id = a.order_id AND v.attempt_n = a.n AND v.mismatch = 'LATE')
        THEN 1 ELSE 0 END,
    CASE WHEN EXISTS (SELECT 1 FROM order_event v WHERE v.agency_id = a.agency_id
        AND v.order_id = a.order_id AND v.attempt_n = a.n AND v.mismatch = 'DUP_PAY')
        THEN 1 ELSE 0 END,
    0
FROM attempt a JOIN orders o ON o.agency_id = a.agency_id AND o.id = a.order_id
WHERE a.portal_day = $2 AND a.captured_ms > 0
    AND (a.channel = 'portal' OR a.portal_txn IN (
        SELECT l.portal_txn FROM settlement_line l WHERE l.file_n = $3
            AND (a.channel <> 'counter' OR l.merchant_ref = '')))
ON CONFLICT (run_n, reference) DO NOTHING;

-- Attempts that the file speaks of and that are not captures of the day.
-- name: reconcile_ours_freeze_refs
INSERT INTO reconcile_ours (run_n, reference, agency_id, order_id, dossier, portal_txn, amount_vnd,
    captured, in_day, portal_day, late, twice, taken)
SELECT CAST($1 AS BIGINT), a.reference, a.agency_id, a.order_id, o.reference, a.portal_txn,
    CASE WHEN a.captured_ms > 0 THEN a.captured_vnd ELSE a.amount_vnd END,
    CASE WHEN a.captured_ms > 0 THEN 1 ELSE 0 END, 0, a.portal_day, 0, 0, 0
FROM attempt a JOIN orders o ON o.agency_id = a.agency_id AND o.id = a.order_id
WHERE (a.captured_ms = 0 OR a.portal_day <> $3)
    AND a.reference IN (SELECT l.merchant_ref FROM settlement_line l WHERE l.file_n = $2)
ON CONFLICT (run_n, reference) DO NOTHING;

-- The same found by the portal's number, of the line itself or of the payment that it undoes.
-- name: reconcile_ours_freeze_txns
INSERT INTO reconcile_ours (run_n, reference, agency_id, order_id, dossier, portal_txn, amount_vnd,
    captured, in_day, portal_day, late, twice, taken)
SELECT CAST($1 AS BIGINT), a.reference, a.agency_id, a.order_id, o.reference, a.portal_txn,
    a.captured_vnd, 1, 0, a.portal_day, 0, 0, 0
FROM attempt a JOIN orders o ON o.agency_id = a.agency_id AND o.id = a.order_id
WHERE a.portal_txn <> '' AND a.captured_ms > 0 AND a.portal_day <> $3
    AND a.portal_txn IN (
        SELECT l.portal_txn FROM settlement_line l WHERE l.file_n = $2
        UNION SELECT l.original_ref FROM settlement_line l WHERE l.file_n = $2)
    AND (a.channel <> 'counter' OR EXISTS (SELECT 1 FROM settlement_line m WHERE m.file_n = $2
        AND ((m.merchant_ref = '' AND m.portal_txn = a.portal_txn)
            OR m.original_ref = a.portal_txn)))
ON CONFLICT (run_n, reference) DO NOTHING;

-- name: reconcile_ours_sum
SELECT CAST(COALESCE(SUM(amount_vnd), 0) AS BIGINT), COUNT(*) FROM reconcile_ours
WHERE run_n = $1 AND in_day = 1;

-- name: reconcile_ours_drop
DELETE FROM reconcile_ours WHERE run_n = $1;

-- Lines with our attempt of the same reference, all lines of one reference side by side.
-- name: reconcile_line_page
SELECT l.n, l.kind, l.portal_txn, l.merchant_ref, l.original_ref, l.dossier, l.account,
    l.gross_vnd, l.moved_vnd, l.currency, l.success, l.txn_at_ms, o.reference, o.agency_id,
    o.order_id, o.portal_txn, o.amount_vnd, o.captured, o.in_day, o.portal_day, o.late, o.twice,
    o.dossier
FROM settlement_line l
LEFT JOIN reconcile_ours o ON o.run_n = $1 AND o.reference = l.merchant_ref
WHERE l.file_n = $2
    AND (l.merchant_ref, l.portal_txn, l.kind, l.gross_vnd, l.n) > ($3, $4, $5, $6, $7)
ORDER BY l.merchant_ref, l.portal_txn, l.kind, l.gross_vnd, l.n LIMIT $8;

-- By the portal's number alone; two rows are one too many.
-- name: reconcile_ours_by_txn
SELECT o.reference, o.agency_id, o.order_id, o.portal_txn, o.amount_vnd, o.captured, o.in_day,
    o.portal_day, o.late, o.twice, o.dossier,
    CASE WHEN o.taken > 0 OR EXISTS (SELECT 1 FROM settlement_line l WHERE l.file_n = $3
        AND l.merchant_ref = o.reference AND l.kind = 0) THEN 1 ELSE 0 END
FROM reconcile_ours o WHERE o.run_n = $1 AND o.portal_txn = $2 AND o.captured = 1
ORDER BY o.reference LIMIT 2;

-- name: reconcile_ours_take
UPDATE reconcile_ours SET taken = $3 WHERE run_n = $1 AND reference = $2 AND taken = 0;

-- Captures of the day that no payment line of the file names.
-- name: reconcile_ours_absent
SELECT o.reference, o.agency_id, o.order_id, o.portal_txn, o.amount_vnd, o.captured, o.in_day,
    o.portal_day, o.late, o.twice, o.dossier,
    CASE WHEN EXISTS (SELECT 1 FROM settlement_line l WHERE l.file_n IN ($3, $4)
        AND l.merchant_ref = o.reference AND l.kind = 0 AND l.success = 1) THEN 1 ELSE 0 END
FROM reconcile_ours o
WHERE o.run_n = $1 AND o.in_day = 1 AND o.taken = 0 AND o.reference > $5
    AND NOT EXISTS (SELECT 1 FROM settlement_line l WHERE l.file_n = $2
        AND l.merchant_ref = o.reference AND l.kind = 0)
ORDER BY o.reference LIMIT $6;

-- name: reconcile_file_sum
SELECT CAST(COALESCE(SUM(moved_vnd), 0) AS BIGINT), COUNT(*) FROM settlement_line
WHERE file_n = $1;

-- name: reconcile_found_insert
INSERT INTO reconcile_found (run_n, id, class, priority, reference, portal_txn, dossier, agency_id,
    order_id, line, ours_vnd, theirs_vnd, difference_vnd)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13);

-- name: reconcile_found_sums
SELECT class, COUNT(*), CAST(COALESCE(SUM(difference_vnd), 0) AS BIGINT),
    CAST(SUM(CASE WHEN line > 0 THEN 1 ELSE 0 END) AS BIGINT)
FROM reconcile_found
WHERE run_n = $1 GROUP BY class ORDER BY class;

-- name: reconcile_found_page
SELECT id, class, difference_vnd FROM reconcile_found WHERE run_n = $1 AND id > $2
ORDER BY id LIMIT $3;

-- What runs left that never ended.
-- name: reconcile_ours_sweep
DELETE FROM reconcile_ours WHERE run_n < $1;

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
WHERE portal_day = $1 AND captured_ms > 0 AND channel = 'portal';
