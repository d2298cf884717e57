-- name: idempotency_insert
INSERT INTO idempotency (agency_id, client_id, path, idem_key, body_hash, status, reply_sealed,
    created_ms)
VALUES ($1, $2, $3, $4, $5, 0, $6, $7) ON CONFLICT DO NOTHING;

-- name: idempotency_find
SELECT body_hash, status, reply_sealed FROM idempotency
WHERE client_id = $1 AND path = $2 AND idem_key = $3;

-- name: idempotency_set
UPDATE idempotency SET status = $4, reply_sealed = $5
WHERE client_id = $1 AND path = $2 AND idem_key = $3;

-- name: idempotency_take_over
UPDATE idempotency SET created_ms = $4
WHERE client_id = $1 AND path = $2 AND idem_key = $3 AND status = 0 AND created_ms <= $5;

-- name: idempotency_drop
DELETE FROM idempotency WHERE client_id = $1 AND path = $2 AND idem_key = $3 AND status = 0;

-- name: idempotency_sweep
DELETE FROM idempotency WHERE created_ms < $1;
