-- name: transfer_insert
INSERT INTO transfer (account, bank_txn, bank, amount_vnd, currency, at_ms, told_ms, source,
    narrative_sealed, agency_id, order_id, attempt_n)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, '', '', 0)
ON CONFLICT (account, bank_txn) DO NOTHING;

-- name: transfer_find
SELECT amount_vnd, order_id, attempt_n FROM transfer WHERE account = $1 AND bank_txn = $2;

-- name: transfer_captured
UPDATE transfer SET agency_id = $3, order_id = $4, attempt_n = $5
WHERE account = $1 AND bank_txn = $2;
