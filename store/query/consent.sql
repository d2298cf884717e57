-- What people agreed to share: auth/consent.
-- name: consent_put
INSERT INTO consent (account_id, client_id, scopes, claims, agreed_ms, expires_ms)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (account_id, client_id) DO UPDATE
SET scopes = excluded.scopes, claims = excluded.claims, agreed_ms = excluded.agreed_ms, expires_ms = excluded.expires_ms;

-- name: consent_find
SELECT scopes, claims FROM consent WHERE account_id = $1 AND client_id = $2 AND expires_ms > $3;

-- name: consent_list
SELECT client_id, scopes, claims, agreed_ms, expires_ms FROM consent
WHERE account_id = $1 AND expires_ms > $2 ORDER BY agreed_ms DESC, client_id LIMIT 200;

-- name: consent_delete
DELETE FROM consent WHERE account_id = $1 AND client_id = $2;

-- name: consent_purge
DELETE FROM consent WHERE (account_id, client_id) IN
    (SELECT account_id, client_id FROM consent WHERE expires_ms <= $1 ORDER BY expires_ms LIMIT 20);
