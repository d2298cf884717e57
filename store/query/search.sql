-- Lists of all payments for officers: payments/order_search. Places are (time, id) or (amount, id);
-- "down" is from the newest or largest on. "one" looks up numbers, each by its own index.

-- name: search_time_down
SELECT o.id, o.agency_id, o.state, o.reference, o.procedure_name_vi, o.procedure_name_en,
    o.total_vnd, o.captured_vnd, o.refunded_vnd, o.created_ms, o.payer_sealed, t.channel,
    t.portal_txn, t.captured_ms, t.reference
FROM orders o
LEFT JOIN attempt t ON t.agency_id = o.agency_id AND t.order_id = o.id AND t.n = (
    SELECT MAX(x.n) FROM attempt x
    WHERE x.agency_id = o.agency_id AND x.order_id = o.id AND x.captured_ms > 0)
WHERE (CAST($1 AS TEXT) = '' OR o.state = $1) AND (CAST($2 AS TEXT) = '' OR o.agency_id = $2)
    AND (CAST($3 AS TEXT) = '' OR t.channel = $3) AND o.created_ms >= $4 AND o.created_ms < $5
    AND o.total_vnd >= $6 AND o.total_vnd <= $7
    AND (o.created_ms < $8 OR (o.created_ms = $8 AND o.id < $9))
ORDER BY o.created_ms DESC, o.id DESC LIMIT $10;

-- name: search_time_up
SELECT o.id, o.agency_id, o.state, o.reference, o.procedure_name_vi, o.procedure_name_en,
    o.total_vnd, o.captured_vnd, o.refunded_vnd, o.created_ms, o.payer_sealed, t.channel,
    t.portal_txn, t.captured_ms, t.reference
FROM orders o
LEFT JOIN attempt t ON t.agency_id = o.agency_id AND t.order_id = o.id AND t.n = (
    SELECT MAX(x.n) FROM attempt x
    WHERE x.agency_id = o.agency_id AND x.order_id = o.id AND x.captured_ms > 0)
WHERE (CAST($1 AS TEXT) = '' OR o.state = $1) AND (CAST($2 AS TEXT) = '' OR o.agency_id = $2)
    AND (CAST($3 AS TEXT) = '' OR t.channel = $3) AND o.created_ms >= $4 AND o.created_ms < $5
    AND o.total_vnd >= $6 AND o.total_vnd <= $7
    AND (o.created_ms > $8 OR (o.created_ms = $8 AND o.id > $9))
ORDER BY o.created_ms, o.id LIMIT $10;

-- name: search_amount_down
SELECT o.id, o.agency_id, o.state, o.reference, o.procedure_name_vi, o.procedure_name_en,
    o.total_vnd, o.captured_vnd, o.refunded_vnd, o.created_ms, o.payer_sealed, t.channel,
    t.portal_txn, t.captured_ms, t.reference
FROM orders o
LEFT JOIN attempt t ON t.agency_id = o.agency_id AND t.order_id = o.id AND t.n = (
    SELECT MAX(x.n) FROM attempt x
    WHERE x.agency_id = o.agency_id AND x.order_id = o.id AND x.captured_ms > 0)
WHERE (CAST($1 AS TEXT) = '' OR o.state = $1) AND (CAST($2 AS TEXT) = '' OR o.agency_id = $2)
    AND (CAST($3 AS TEXT) = '' OR t.channel = $3) AND o.created_ms >= $4 AND o.created_ms < $5
    AND o.total_vnd >= $6 AND o.total_vnd <= $7
    AND (o.total_vnd < $8 OR (o.total_vnd = $8 AND o.id < $9))
ORDER BY o.total_vnd DESC, o.id DESC LIMIT $10;

-- name: search_amount_up
SELECT o.id, o.agency_id, o.state, o.reference, o.procedure_name_vi, o.procedure_name_en,
    o.total_vnd, o.captured_vnd, o.refunded_vnd, o.created_ms, o.payer_sealed, t.channel,
    t.portal_txn, t.captured_ms, t.reference
FROM orders o
LEFT JOIN attempt t ON t.agency_id = o.agency_id AND t.order_id = o.id AND t.n = (
    SELECT MAX(x.n) FROM attempt x
    WHERE x.agency_id = o.agency_id AND x.order_id = o.id AND x.captured_ms > 0)
WHERE (CAST($1 AS TEXT) = '' OR o.state = $1) AND (CAST($2 AS TEXT) = '' OR o.agency_id = $2)
    AND (CAST($3 AS TEXT) = '' OR t.channel = $3) AND o.created_ms >= $4 AND o.created_ms < $5
    AND o.total_vnd >= $6 AND o.total_vnd <= $7
    AND (o.total_vnd > $8 OR (o.total_vnd = $8 AND o.id > $9))
ORDER BY o.total_vnd, o.id LIMIT $10;

-- name: search_one
SELECT o.id, o.agency_id, o.state, o.reference, o.procedure_name_vi, o.procedure_name_en,
    o.total_vnd, o.captured_vnd, o.refunded_vnd, o.created_ms, o.payer_sealed, t.channel,
    t.portal_txn, t.captured_ms, t.reference
FROM orders o
LEFT JOIN attempt t ON t.agency_id = o.agency_id AND t.order_id = o.id AND t.n = (
    SELECT MAX(x.n) FROM attempt x
    WHERE x.agency_id = o.agency_id AND x.order_id = o.id AND x.captured_ms > 0)
WHERE o.id IN (
        SELECT id FROM orders WHERE id = CAST($8 AS TEXT)
        UNION SELECT id FROM orders WHERE reference = CAST($8 AS TEXT)
        UNION SELECT order_id FROM attempt WHERE reference = CAST($8 AS TEXT)
        UNION SELECT order_id FROM attempt WHERE portal_txn = CAST($8 AS TEXT) AND $8 <> ''
        UNION SELECT id FROM orders WHERE id_index = CAST($9 AS TEXT) AND $9 <> '')
    AND (CAST($1 AS TEXT) = '' OR o.state = $1) AND (CAST($2 AS TEXT) = '' OR o.agency_id = $2)
    AND (CAST($3 AS TEXT) = '' OR t.channel = $3) AND o.created_ms >= $4 AND o.created_ms < $5
    AND o.total_vnd >= $6 AND o.total_vnd <= $7
    AND (o.created_ms < $10 OR (o.created_ms = $10 AND o.id < $11))
ORDER BY o.created_ms DESC, o.id DESC LIMIT $12;

-- name: search_sums
SELECT COUNT(*), CAST(COALESCE(SUM(o.total_vnd), 0) AS BIGINT),
    CAST(COALESCE(SUM(o.captured_vnd), 0) AS BIGINT),
    CAST(COALESCE(SUM(o.refunded_vnd), 0) AS BIGINT)
FROM orders o
LEFT JOIN attempt t ON t.agency_id = o.agency_id AND t.order_id = o.id AND t.n = (
    SELECT MAX(x.n) FROM attempt x
    WHERE x.agency_id = o.agency_id AND x.order_id = o.id AND x.captured_ms > 0)
WHERE (CAST($1 AS TEXT) = '' OR o.state = $1) AND (CAST($2 AS TEXT) = '' OR o.agency_id = $2)
    AND (CAST($3 AS TEXT) = '' OR t.channel = $3) AND o.created_ms >= $4 AND o.created_ms < $5
    AND o.total_vnd >= $6 AND o.total_vnd <= $7;

-- name: search_one_sums
SELECT COUNT(*), CAST(COALESCE(SUM(o.total_vnd), 0) AS BIGINT),
    CAST(COALESCE(SUM(o.captured_vnd), 0) AS BIGINT),
    CAST(COALESCE(SUM(o.refunded_vnd), 0) AS BIGINT)
FROM orders o
LEFT JOIN attempt t ON t.agency_id = o.agency_id AND t.order_id = o.id AND t.n = (
    SELECT MAX(x.n) FROM attempt x
    WHERE x.agency_id = o.agency_id AND x.order_id = o.id AND x.captured_ms > 0)
WHERE o.id IN (
        SELECT id FROM orders WHERE id = CAST($8 AS TEXT)
        UNION SELECT id FROM orders WHERE reference = CAST($8 AS TEXT)
        UNION SELECT order_id FROM attempt WHERE reference = CAST($8 AS TEXT)
        UNION SELECT order_id FROM attempt WHERE portal_txn = CAST($8 AS TEXT) AND $8 <> ''
        UNION SELECT id FROM orders WHERE id_index = CAST($9 AS TEXT) AND $9 <> '')
    AND (CAST($1 AS TEXT) = '' OR o.state = $1) AND (CAST($2 AS TEXT) = '' OR o.agency_id = $2)
    AND (CAST($3 AS TEXT) = '' OR t.channel = $3) AND o.created_ms >= $4 AND o.created_ms < $5
    AND o.total_vnd >= $6 AND o.total_vnd <= $7;
