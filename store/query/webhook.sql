-- What one-stop systems are told, where, and how it went: payments/webhook.

-- name: webhook_endpoint_insert
INSERT INTO webhook_endpoint (id, client_id, url, events, state, secret_sealed, old_secret_sealed,
    old_until_ms, created_ms, updated_ms, version)
VALUES ($1, $2, $3, $4, 'enabled', $5, $6, 0, $7, $7, 0);

-- name: webhook_endpoint_count
SELECT COUNT(*) FROM webhook_endpoint WHERE client_id = $1;

-- name: webhook_endpoint_find
SELECT id, client_id, url, events, state, secret_sealed, old_secret_sealed, old_until_ms,
    created_ms, updated_ms
FROM webhook_endpoint WHERE id = $1;

-- name: webhook_endpoint_list
SELECT id, client_id, url, events, state, secret_sealed, old_secret_sealed, old_until_ms,
    created_ms, updated_ms
FROM webhook_endpoint WHERE CAST($1 AS TEXT) = '' OR client_id = $1
ORDER BY client_id, created_ms, id LIMIT $2;

-- name: webhook_endpoint_set_state
UPDATE webhook_endpoint SET state = $3, updated_ms = $4, version = version + 1
WHERE id = $1 AND client_id = $2;

-- name: webhook_endpoint_set_secret
UPDATE webhook_endpoint SET old_secret_sealed = secret_sealed, old_until_ms = $4,
    secret_sealed = $3, updated_ms = $5, version = version + 1
WHERE id = $1 AND client_id = $2;

-- name: webhook_endpoint_remove
DELETE FROM webhook_endpoint WHERE id = $1 AND client_id = $2;

-- What was waiting for it is not sent any more.
-- name: webhook_drop_waiting
UPDATE webhook_delivery SET state = 'will_not_send', done_ms = $2, drop_ms = $3
WHERE endpoint_id = $1 AND state = 'waiting';

-- One row for each endpoint that wants it.
-- name: webhook_put
INSERT INTO webhook_delivery (id, endpoint_id, client_id, agency_id, event_id, type, resource,
    resource_id, state, tries, by_hand, due_ms, created_ms, done_ms, drop_ms)
SELECT 'whd' || substr(CAST($1 AS TEXT), 4) || '_' || substr(id, 5), id, client_id,
    CAST($3 AS TEXT), CAST($1 AS TEXT), CAST($4 AS TEXT), CAST($5 AS TEXT), CAST($6 AS TEXT),
    'waiting', 0, 0, CAST($7 AS BIGINT), CAST($7 AS BIGINT), 0, 0
FROM webhook_endpoint
WHERE client_id = $2 AND state = 'enabled'
    AND (events = '' OR ' ' || events || ' ' LIKE '% ' || CAST($4 AS TEXT) || ' %');

-- name: webhook_due
SELECT id FROM webhook_delivery WHERE state = 'waiting' AND due_ms <= $1 ORDER BY due_ms LIMIT 1;

-- name: webhook_claim
UPDATE webhook_delivery SET due_ms = $2, tries = tries + 1
WHERE id = (SELECT id FROM webhook_delivery WHERE state = 'waiting' AND due_ms <= $1
        ORDER BY due_ms LIMIT 1)
    AND state = 'waiting' AND due_ms <= $1
RETURNING id, endpoint_id, client_id, event_id, type, resource, resource_id, tries, by_hand,
    created_ms;

-- name: webhook_attempt_insert
INSERT INTO webhook_attempt (delivery_id, n, at_ms, took_ms, status, failure, by_hand)
VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING;

-- name: webhook_again
UPDATE webhook_delivery SET due_ms = $3, by_hand = 0
WHERE id = $1 AND state = 'waiting' AND tries = $2;

-- name: webhook_done
UPDATE webhook_delivery SET state = $3, by_hand = 0, done_ms = $4, drop_ms = $5
WHERE id = $1 AND state = 'waiting' AND tries = $2;

-- A receiver that does not answer is asked about one thing at a time.
-- name: webhook_postpone
UPDATE webhook_delivery SET due_ms = $2
WHERE endpoint_id = $1 AND state = 'waiting' AND due_ms < $2;

-- name: webhook_retry
UPDATE webhook_delivery SET state = 'waiting', by_hand = 1, due_ms = $3, done_ms = 0, drop_ms = 0
WHERE id = $1 AND (CAST($2 AS TEXT) = '' OR client_id = $2);

-- name: webhook_page
SELECT id, endpoint_id, client_id, event_id, type, resource, resource_id, state, tries, due_ms,
    created_ms, done_ms
FROM webhook_delivery
WHERE (CAST($1 AS TEXT) = '' OR client_id = $1) AND (CAST($2 AS TEXT) = '' OR state = $2)
    AND (CAST($3 AS TEXT) = '' OR endpoint_id = $3) AND (CAST($4 AS TEXT) = '' OR type = $4)
    AND (CAST($5 AS TEXT) = '' OR resource_id = $5) AND (CAST($6 AS TEXT) = '' OR id = $6)
    AND (created_ms < $7 OR (created_ms = $7 AND id < $8))
ORDER BY created_ms DESC, id DESC LIMIT $9;

-- name: webhook_attempts
SELECT n, at_ms, took_ms, status, failure, by_hand FROM webhook_attempt
WHERE delivery_id = $1 ORDER BY n DESC LIMIT $2;

-- name: webhook_purge
DELETE FROM webhook_delivery WHERE id IN
    (SELECT id FROM webhook_delivery WHERE drop_ms > 0 AND drop_ms <= $1 ORDER BY drop_ms, id
        LIMIT $2);
