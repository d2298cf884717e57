-- Desks of a one-stop centre: payments/shift and payments/counter.

-- name: shift_insert
INSERT INTO counter_shift (agency_id, id, desk, officer, state, float_vnd, cash_vnd, transfer_vnd,
    takes, over_vnd, deposited_vnd, expected_vnd, counted_vnd, counts_json, proposal_id, opened_ms,
    counted_ms, closed_ms)
VALUES ($1, $2, $3, $4, 'open', $5, 0, 0, 0, 0, 0, 0, 0, '', '', $6, 0, 0) ON CONFLICT DO NOTHING;

-- name: shift_take
UPDATE counter_shift SET takes = takes WHERE id = $1
RETURNING agency_id, id, desk, officer, state, float_vnd, cash_vnd, transfer_vnd, takes, over_vnd,
    deposited_vnd, expected_vnd, counted_vnd, counts_json, proposal_id, opened_ms, counted_ms,
    closed_ms;

-- name: shift_by_id
SELECT agency_id, id, desk, officer, state, float_vnd, cash_vnd, transfer_vnd, takes, over_vnd,
    deposited_vnd, expected_vnd, counted_vnd, counts_json, proposal_id, opened_ms, counted_ms,
    closed_ms
FROM counter_shift WHERE id = $1;

-- name: shift_open_of
SELECT agency_id, id, desk, officer, state, float_vnd, cash_vnd, transfer_vnd, takes, over_vnd,
    deposited_vnd, expected_vnd, counted_vnd, counts_json, proposal_id, opened_ms, counted_ms,
    closed_ms
FROM counter_shift WHERE officer = $1 AND state = 'open';

-- name: shift_open_at
SELECT agency_id, id, desk, officer, state, float_vnd, cash_vnd, transfer_vnd, takes, over_vnd,
    deposited_vnd, expected_vnd, counted_vnd, counts_json, proposal_id, opened_ms, counted_ms,
    closed_ms
FROM counter_shift WHERE agency_id = $1 AND desk = $2 AND state = 'open';

-- name: shift_page
SELECT agency_id, id, desk, officer, state, float_vnd, cash_vnd, transfer_vnd, takes, over_vnd,
    deposited_vnd, expected_vnd, counted_vnd, counts_json, proposal_id, opened_ms, counted_ms,
    closed_ms
FROM counter_shift ORDER BY opened_ms DESC, id DESC LIMIT $1;

-- name: shift_add
UPDATE counter_shift SET cash_vnd = cash_vnd + $3, transfer_vnd = transfer_vnd + $4,
    takes = takes + 1
WHERE agency_id = $1 AND id = $2 AND state = 'open';

-- name: shift_deposited
UPDATE counter_shift SET deposited_vnd = deposited_vnd + $3
WHERE agency_id = $1 AND id = $2 AND state <> 'counted';

-- name: shift_count
UPDATE counter_shift SET state = $3, expected_vnd = $4, counted_vnd = $5, counts_json = $6,
    proposal_id = $7, counted_ms = $8, closed_ms = $9
WHERE agency_id = $1 AND id = $2 AND state IN ('open', 'recount');

-- name: shift_decide
UPDATE counter_shift SET state = $3, over_vnd = $4, closed_ms = $5
WHERE agency_id = $1 AND id = $2 AND state = 'counted';

-- name: shift_take_insert
INSERT INTO counter_take (agency_id, order_id, attempt_n, shift_id, form_key, method, amount_vnd,
    received_vnd, change_vnd, bank_ref, taken_by, at_ms)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING;

-- name: shift_take_of_key
SELECT t.order_id, t.attempt_n, t.shift_id, t.method, t.amount_vnd, t.received_vnd, t.change_vnd,
    t.bank_ref, t.taken_by, t.at_ms, o.reference, t.agency_id
FROM counter_take t JOIN orders o ON o.agency_id = t.agency_id AND o.id = t.order_id
WHERE t.shift_id = $1 AND t.form_key = $2;

-- name: shift_takes_of_order
SELECT t.order_id, t.attempt_n, t.shift_id, t.method, t.amount_vnd, t.received_vnd, t.change_vnd,
    t.bank_ref, t.taken_by, t.at_ms, o.reference, t.agency_id
FROM counter_take t JOIN orders o ON o.agency_id = t.agency_id AND o.id = t.order_id
WHERE t.agency_id = $1 AND t.order_id = $2 ORDER BY t.attempt_n LIMIT $3;

-- name: shift_takes
SELECT t.order_id, t.attempt_n, t.shift_id, t.method, t.amount_vnd, t.received_vnd, t.change_vnd,
    t.bank_ref, t.taken_by, t.at_ms, o.reference, t.agency_id
FROM counter_take t JOIN orders o ON o.agency_id = t.agency_id AND o.id = t.order_id
WHERE t.shift_id = $1 ORDER BY t.at_ms DESC, t.order_id DESC LIMIT $2;

-- name: shift_transfer_known
SELECT COUNT(*) FROM transfer WHERE bank_txn = $1 AND order_id <> '';

-- name: shift_deposit_insert
INSERT INTO counter_deposit (agency_id, slip, shift_id, amount_vnd, brought_by, at_ms)
VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING;

-- name: shift_deposit_find
SELECT shift_id, amount_vnd FROM counter_deposit WHERE agency_id = $1 AND slip = $2;

-- name: shift_deposits
SELECT slip, amount_vnd, brought_by, at_ms FROM counter_deposit WHERE shift_id = $1
ORDER BY at_ms, slip LIMIT $2;

-- name: shift_takes_bank
SELECT COUNT(*) FROM counter_take WHERE bank_ref = $1;
