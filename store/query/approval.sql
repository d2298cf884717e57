-- What a person is asked to approve on another device: auth/approval.

-- name: approval_insert
INSERT INTO approval (approval_id, kind, state, client_id, user_code, person, scope, resources, acr,
                      binding, notify, allowed, created_ms, expires_ms)
VALUES ($1, $2, 'WAITING', $3, $4, $5, $6, $7, $8, $9, $10, '', $11, $12)
ON CONFLICT DO NOTHING;

-- Holds the person's row until the end of the transaction: of two who count at once one waits.
-- name: approval_hold_person
UPDATE account SET kind = kind WHERE id_index = $1 AND kind = 1;

-- What waits for a person's answer, and what was asked since.
-- name: approval_asked
SELECT COALESCE(SUM(CASE WHEN state = 'WAITING' AND expires_ms > $2 THEN 1 ELSE 0 END), 0),
       COALESCE(SUM(CASE WHEN created_ms > $3 THEN 1 ELSE 0 END), 0)
  FROM approval WHERE person = $1 AND person <> '';

-- A piece of what has ended goes with each new one.
-- name: approval_purge
DELETE FROM approval WHERE approval_id IN
    (SELECT approval_id FROM approval WHERE expires_ms < $1 ORDER BY expires_ms LIMIT $2);

-- name: approval_load
SELECT approval_id, kind, state, client_id, person, scope, resources, acr, binding, notify, allowed,
       created_ms, expires_ms
  FROM approval WHERE approval_id = $1;

-- name: approval_by_code
SELECT approval_id FROM approval WHERE user_code = $1 AND expires_ms > $2;

-- name: approval_of_person
SELECT approval_id, kind, state, client_id, person, scope, resources, acr, binding, notify, allowed,
       created_ms, expires_ms
  FROM approval WHERE person = $1 AND expires_ms > $2 AND state = 'WAITING'
 ORDER BY expires_ms, approval_id LIMIT $3;

-- Whether anybody of that number has ever signed in.
-- name: approval_person
SELECT account_id FROM account WHERE id_index = $1 AND kind = 1;

-- name: approval_move
UPDATE approval SET state = $3, allowed = $4 WHERE approval_id = $1 AND state = $2;
