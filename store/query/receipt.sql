-- name: receipt_number
INSERT INTO receipt_head (agency_id, form, serial, year, last) VALUES ($1, $2, $3, $4, 1)
ON CONFLICT (agency_id, form, serial, year) DO UPDATE SET last = receipt_head.last + 1
RETURNING last;

-- name: receipt_insert
INSERT INTO receipt (agency_id, form, serial, year, number, id, code, order_id, kind, revision,
    amount_vnd, words, issued_ms, state, reference, procedure_name, body_name, body_tax_code,
    body_address, portal_txn, lines_json, payer_sealed)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9,
    (SELECT COUNT(*) FROM receipt r WHERE r.agency_id = $1 AND r.order_id = $8 AND r.kind = $9),
    $10, $11, $12, 'issued', $13, $14, $15, $16, $17, $18, $19, $20);

-- name: receipt_notify_order
UPDATE receipt SET state = 'notified'
WHERE agency_id = $1 AND order_id = $2 AND state = 'issued';

-- name: receipt_replace_order
UPDATE receipt SET state = 'replaced'
WHERE agency_id = $1 AND order_id = $2 AND kind = $3 AND state = 'notified';

-- name: receipt_by_id
SELECT agency_id, form, serial, number, id, code, order_id, kind, amount_vnd, words, issued_ms,
    state, reference, procedure_name, body_name, body_tax_code, body_address, portal_txn,
    lines_json, payer_sealed
FROM receipt WHERE id = $1;

-- name: receipt_by_order
SELECT agency_id, form, serial, number, id, code, order_id, kind, amount_vnd, words, issued_ms,
    state, reference, procedure_name, body_name, body_tax_code, body_address, portal_txn,
    lines_json, payer_sealed
FROM receipt WHERE agency_id = $1 AND order_id = $2 ORDER BY kind, revision;

-- name: receipt_by_code
SELECT form, serial, number, kind, amount_vnd, issued_ms, state, body_name, body_tax_code
FROM receipt WHERE code = $1;
