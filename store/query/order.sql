-- name: order_insert
INSERT INTO orders (agency_id, id, token_index, token_sealed, client_id, reference,
    procedure_code, procedure_name_vi, procedure_name_en, received_on, channel, state, total_vnd,
    captured_vnd, bill_hash, subject, level, id_index, payer_sealed, return_url, locale,
    created_ms, expires_ms, updated_ms, expire_next_ms, version, event_seq)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0, $14, $15, $16, $17, $18, $19,
    $20, $21, $22, $21, $22, 0, 0);

-- name: order_line_insert
INSERT INTO order_line (agency_id, order_id, n, fee, kind, name_vi, name_en, quantity, base_vnd,
    gross_vnd, reduction_vnd, net_vnd, retained_vnd, budget_vnd, basis, basis_text, reduction_id,
    reduction_text, explain_json, refundable)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
    $20);

-- name: order_by_id
SELECT agency_id, id, token_sealed, client_id, reference, procedure_code, procedure_name_vi,
    procedure_name_en, received_on, channel, state, total_vnd, captured_vnd, bill_hash, subject,
    level, id_index, payer_sealed, return_url, locale, created_ms, expires_ms, updated_ms, version,
    refunded_vnd, reserved_vnd, excess_refunded_vnd, superseded_by, excess_reserved_vnd,
    carried_vnd, event_seq
FROM orders WHERE id = $1;

-- name: order_by_token
SELECT agency_id, id, token_sealed, client_id, reference, procedure_code, procedure_name_vi,
    procedure_name_en, received_on, channel, state, total_vnd, captured_vnd, bill_hash, subject,
    level, id_index, payer_sealed, return_url, locale, created_ms, expires_ms, updated_ms, version,
    refunded_vnd, reserved_vnd, excess_refunded_vnd, superseded_by, excess_reserved_vnd,
    carried_vnd, event_seq
FROM orders WHERE token_index = $1;

-- name: order_by_reference
SELECT agency_id, id, token_sealed, client_id, reference, procedure_code, procedure_name_vi,
    procedure_name_en, received_on, channel, state, total_vnd, captured_vnd, bill_hash, subject,
    level, id_index, payer_sealed, return_url, locale, created_ms, expires_ms, updated_ms, version,
    refunded_vnd, reserved_vnd, excess_refunded_vnd, superseded_by, excess_reserved_vnd,
    carried_vnd, event_seq
FROM orders WHERE agency_id = $1 AND reference = $2 ORDER BY created_ms DESC, id DESC LIMIT 1;

-- name: order_by_citizen
SELECT agency_id, id, token_sealed, client_id, reference, procedure_code, procedure_name_vi,
    procedure_name_en, received_on, channel, state, total_vnd, captured_vnd, bill_hash, subject,
    level, id_index, payer_sealed, return_url, locale, created_ms, expires_ms, updated_ms, version,
    refunded_vnd, reserved_vnd, excess_refunded_vnd, superseded_by, excess_reserved_vnd,
    carried_vnd, event_seq
FROM orders
WHERE (subject = $1 AND subject <> '') OR (id_index = $2 AND id_index <> '')
ORDER BY created_ms DESC, id DESC LIMIT $3;

-- name: order_lines_drop
DELETE FROM order_line WHERE agency_id = $1 AND order_id = $2;

-- name: order_set_bill
UPDATE orders SET total_vnd = $3, bill_hash = $4, level = $5
WHERE agency_id = $1 AND id = $2 AND state = 'open' AND captured_vnd = 0;

-- name: order_lock
UPDATE orders SET version = version + 1 WHERE agency_id = $1 AND id = $2
RETURNING agency_id, id, token_sealed, client_id, reference, procedure_code, procedure_name_vi,
    procedure_name_en, received_on, channel, state, total_vnd, captured_vnd, bill_hash, subject,
    level, id_index, payer_sealed, return_url, locale, created_ms, expires_ms, updated_ms, version,
    refunded_vnd, reserved_vnd, excess_refunded_vnd, superseded_by, excess_reserved_vnd,
    carried_vnd, event_seq,
    (SELECT COUNT(*) FROM receipt r WHERE r.agency_id = orders.agency_id AND r.order_id = orders.id),
    (SELECT COUNT(*) FROM webhook_endpoint w WHERE w.client_id = orders.client_id);

-- name: order_lock_attempt
UPDATE orders SET version = version + 1
WHERE (agency_id, id) = (SELECT t.agency_id, t.order_id FROM attempt t WHERE t.reference = $1)
RETURNING agency_id, id, token_sealed, client_id, reference, procedure_code, procedure_name_vi,
    procedure_name_en, received_on, channel, state, total_vnd, captured_vnd, bill_hash, subject,
    level, id_index, payer_sealed, return_url, locale, created_ms, expires_ms, updated_ms, version,
    refunded_vnd, reserved_vnd, excess_refunded_vnd, superseded_by, excess_reserved_vnd,
    carried_vnd, event_seq,
    (SELECT COUNT(*) FROM receipt r WHERE r.agency_id = orders.agency_id AND r.order_id = orders.id),
    (SELECT COUNT(*) FROM webhook_endpoint w WHERE w.client_id = orders.client_id);

-- name: order_lines
SELECT fee, kind, name_vi, name_en, quantity, base_vnd, gross_vnd, reduction_vnd, net_vnd,
    retained_vnd, budget_vnd, basis, basis_text, reduction_id, reduction_text, explain_json,
    refundable
FROM order_line WHERE agency_id = $1 AND order_id = $2 ORDER BY n;

-- name: order_lines_attempt
SELECT fee, kind, name_vi, name_en, quantity, base_vnd, gross_vnd, reduction_vnd, net_vnd,
    retained_vnd, budget_vnd, basis, basis_text, reduction_id, reduction_text, explain_json,
    refundable
FROM order_line
WHERE (agency_id, order_id) = (SELECT t.agency_id, t.order_id FROM attempt t WHERE t.reference = $1)
ORDER BY n;

-- name: order_set_state
UPDATE orders SET state = $3, updated_ms = $4,
    captured_vnd = captured_vnd + $5, refunded_vnd = refunded_vnd + $6,
    reserved_vnd = reserved_vnd + $7, excess_refunded_vnd = excess_refunded_vnd + $8,
    excess_reserved_vnd = excess_reserved_vnd + $9, carried_vnd = carried_vnd + $10,
    superseded_by = $11, expires_ms = $12, event_seq = $14,
    expire_next_ms = CASE WHEN $3 = 'open' THEN CAST($12 AS BIGINT) ELSE 0 END
WHERE agency_id = $1 AND id = $2 AND state = $13;

-- name: order_event_next
UPDATE orders SET event_seq = event_seq + 1 WHERE agency_id = $1 AND id = $2
RETURNING event_seq;

-- name: order_event_set
UPDATE orders SET event_seq = $3 WHERE agency_id = $1 AND id = $2;

-- name: order_event_insert
INSERT INTO order_event (agency_id, order_id, seq, at_ms, attempt_n, event, from_state, to_state,
    actor, source, mismatch, evidence, evidence_hash)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13);

-- name: order_event_known
SELECT COUNT(*) FROM order_event
WHERE agency_id = $1 AND order_id = $2 AND attempt_n = $3 AND event = $4 AND evidence_hash = $5;

-- name: order_event_notices
SELECT evidence_hash, mismatch, evidence FROM order_event
WHERE agency_id = $1 AND order_id = $2 AND attempt_n = $3 AND event = 'noticed'
ORDER BY mismatch, seq LIMIT $4;

-- name: order_events
SELECT seq, at_ms, attempt_n, event, from_state, to_state, actor, source, mismatch
FROM order_event WHERE agency_id = $1 AND order_id = $2 ORDER BY seq;

-- name: order_claim_expired
UPDATE orders SET expire_next_ms = $2
WHERE (agency_id, id) = (SELECT agency_id, id FROM orders
        WHERE state = 'open' AND expire_next_ms > 0 AND expire_next_ms <= $1
        ORDER BY expire_next_ms LIMIT 1)
    AND state = 'open' AND expire_next_ms <= $1
RETURNING id;
