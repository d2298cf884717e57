-- Lists of orders for the systems that asked for them: payments/order_list.

-- name: payment_page
SELECT id, agency_id, state, reference, procedure_code, total_vnd, captured_vnd, refunded_vnd,
    created_ms, updated_ms, expires_ms
FROM orders
WHERE client_id = $1 AND (created_ms < $2 OR (created_ms = $2 AND id < $3))
    AND (CAST($4 AS TEXT) = '' OR state = $4) AND (CAST($5 AS TEXT) = '' OR reference = $5)
    AND (CAST($6 AS TEXT) = '' OR agency_id = $6)
    AND created_ms >= $7 AND created_ms < $8 AND total_vnd >= $9 AND total_vnd <= $10
    AND (CAST($11 AS BIGINT) = 0 OR EXISTS (SELECT 1 FROM attempt
        WHERE attempt.agency_id = orders.agency_id AND attempt.order_id = orders.id
            AND attempt.captured_ms > 0 AND attempt.captured_ms >= $12
            AND attempt.captured_ms < $13))
ORDER BY created_ms DESC, id DESC LIMIT $14;
