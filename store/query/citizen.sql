-- name: citizen_orders
SELECT agency_id, id, token_sealed, state, reference, procedure_name_vi, procedure_name_en,
    received_on, total_vnd, captured_vnd, refunded_vnd, created_ms, expires_ms
FROM orders
WHERE ((subject = $1 AND subject <> '') OR (id_index = $2 AND id_index <> ''))
    AND (CAST($3 AS TEXT) = '' OR state = $3) AND created_ms >= $4 AND created_ms < $5
    AND (CASE WHEN state IN ('open', 'underpaid') THEN 0 ELSE 1 END > CAST($6 AS BIGINT)
        OR (CASE WHEN state IN ('open', 'underpaid') THEN 0 ELSE 1 END = CAST($6 AS BIGINT)
            AND (created_ms < $7 OR (created_ms = $7 AND id < $8))))
ORDER BY CASE WHEN state IN ('open', 'underpaid') THEN 0 ELSE 1 END, created_ms DESC, id DESC
LIMIT $9;

-- name: citizen_receipts
SELECT r.id, r.code, r.form, r.serial, r.number, r.kind, r.amount_vnd, r.issued_ms, r.state,
    r.reference, r.procedure_name, r.body_name, p.signed_ms
FROM orders o JOIN receipt r ON r.agency_id = o.agency_id AND r.order_id = o.id
    JOIN receipt_paper p ON p.agency_id = r.agency_id AND p.receipt_id = r.id
WHERE ((o.subject = $1 AND o.subject <> '') OR (o.id_index = $2 AND o.id_index <> ''))
    AND r.issued_ms >= $3 AND r.issued_ms < $4
    AND (r.issued_ms < $5 OR (r.issued_ms = $5 AND r.id < $6))
ORDER BY r.issued_ms DESC, r.id DESC LIMIT $7;

-- name: citizen_refunds
SELECT f.id, f.state, f.route, f.amount_vnd, f.created_ms, f.updated_ms, o.id, o.token_sealed,
    o.reference, o.procedure_name_vi, o.procedure_name_en
FROM orders o JOIN refund f ON f.agency_id = o.agency_id AND f.order_id = o.id
WHERE ((o.subject = $1 AND o.subject <> '') OR (o.id_index = $2 AND o.id_index <> ''))
    AND f.state NOT IN ('requested', 'rejected', 'cancelled')
    AND (f.created_ms < $3 OR (f.created_ms = $3 AND f.id < $4))
ORDER BY f.created_ms DESC, f.id DESC LIMIT $5;
