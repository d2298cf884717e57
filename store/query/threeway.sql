-- Three columns beside each other: see finance/threeway.h.

-- name: threeway_page
SELECT a.reference, o.reference, a.agency_id, a.order_id, a.portal_txn, a.captured_vnd,
    COALESCE((SELECT CAST(SUM(l.gross_vnd) AS BIGINT) FROM settlement_file f
            JOIN settlement_line l ON l.file_n = f.file_n AND l.merchant_ref = a.reference
        WHERE f.day >= $1 AND f.day <= $2 AND f.state = 'accepted' AND f.provider <> $3
            AND l.kind = 0 AND l.success = 1), 0),
    COALESCE((SELECT CAST(SUM(l.gross_vnd) AS BIGINT) FROM settlement_file f
            JOIN settlement_line l ON l.file_n = f.file_n AND l.merchant_ref = a.reference
        WHERE f.day >= $1 AND f.day <= $2 AND f.state = 'accepted' AND f.provider = $3
            AND l.kind = 0 AND l.success = 1), 0),
    COALESCE((SELECT MAX(l.treasury_status) FROM settlement_file f
            JOIN settlement_line l ON l.file_n = f.file_n AND l.merchant_ref = a.reference
        WHERE f.day >= $1 AND f.day <= $2 AND f.state = 'accepted' AND f.provider = $3), ''),
    COALESCE((SELECT MAX(l.portal_txn) FROM settlement_file f
            JOIN settlement_line l ON l.file_n = f.file_n AND l.merchant_ref = a.reference
        WHERE f.day >= $1 AND f.day <= $2 AND f.state = 'accepted' AND f.provider = $3), ''),
    COALESCE((SELECT MAX(r.remitted_day) FROM remittance_item i JOIN remittance r
            ON r.agency_id = i.agency_id AND r.n = i.remittance_n
        WHERE i.agency_id = a.agency_id AND i.order_id = a.order_id), '')
FROM attempt a JOIN orders o ON o.agency_id = a.agency_id AND o.id = a.order_id
WHERE a.portal_day = $1 AND a.captured_ms > 0 AND a.reference > $4
    AND (CAST($5 AS TEXT) = '' OR a.agency_id = $5)
ORDER BY a.reference LIMIT $6;

-- Whether the file of that day of either side is there.
-- name: threeway_files
SELECT COALESCE(CAST(SUM(CASE WHEN provider = $2 THEN 0 ELSE 1 END) AS BIGINT), 0),
    COALESCE(CAST(SUM(CASE WHEN provider = $2 THEN 1 ELSE 0 END) AS BIGINT), 0)
FROM settlement_file WHERE day = $1 AND state = 'accepted';
