-- Accounts of people and organisations: auth/account.
-- name: account_by_tech
SELECT account_id FROM account_link WHERE issuer = $1 AND tech_index = $2;

-- name: account_by_number
SELECT account_id FROM account WHERE kind = $1 AND id_index = $2;

-- name: account_insert
INSERT INTO account (account_id, kind, level, id_index, profile, checked, degraded, pay_only,
                     checked_ms, created_ms, updated_ms)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
ON CONFLICT DO NOTHING;

-- name: account_link
INSERT INTO account_link (issuer, tech_index, account_id, created_ms) VALUES ($1, $2, $3, $4)
ON CONFLICT (issuer, tech_index) DO NOTHING;

-- name: account_update
UPDATE account
SET kind = $2, level = $3, id_index = $4, profile = $5, checked = $6, degraded = $7, pay_only = $8,
    checked_ms = $9, updated_ms = $10
WHERE account_id = $1;

-- name: account_load
SELECT account_id, kind, level, id_index, profile, checked, degraded, pay_only, checked_ms,
       created_ms, updated_ms, blocked_ms
FROM account WHERE account_id = $1;

-- name: account_of_organisation
SELECT account_id FROM account WHERE kind IN (2, 3) AND id_index = $1
ORDER BY updated_ms DESC LIMIT $2;

-- name: account_block
UPDATE account SET blocked_ms = $2 WHERE account_id = $1 AND blocked_ms = 0;

-- name: account_unblock
UPDATE account SET blocked_ms = 0 WHERE account_id = $1 AND blocked_ms > 0;

-- Takes the row, so that it is not blocked while a session of it begins.
-- name: account_take
UPDATE account SET blocked_ms = blocked_ms WHERE account_id = $1 RETURNING blocked_ms;
