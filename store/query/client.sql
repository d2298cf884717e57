-- Registered clients: auth/client, auth/client_book.
-- name: client_insert
INSERT INTO client (client_id, secret_hash, old_secret_until_ms, registration_hash, profile, metadata, disabled,
    tokens_from_s, created_ms, updated_ms)
VALUES ($1, $2, 0, $3, $4, $5, 0, $6, $7, $7)
ON CONFLICT (client_id) DO NOTHING;

-- Taken first by whoever changes a client; readers compare it with what they know.
-- name: client_version_next
UPDATE client_version SET version = version + 1 WHERE one = 1;

-- name: client_version_read
SELECT version FROM client_version WHERE one = 1;

-- name: client_count
SELECT COUNT(*) FROM client;

-- name: client_page
SELECT client_id, secret_hash, old_secret_hash, old_secret_until_ms, registration_hash, profile, metadata, disabled,
    tokens_from_s, created_ms, updated_ms
FROM client WHERE client_id > $1 ORDER BY client_id LIMIT $2;

-- name: client_update
UPDATE client SET profile = $2, metadata = $3, updated_ms = $4 WHERE client_id = $1;

-- name: client_update_secret
UPDATE client SET old_secret_hash = CASE WHEN CAST($3 AS BIGINT) > 0 THEN secret_hash ELSE NULL END, old_secret_until_ms = $3,
    secret_hash = $2, updated_ms = $4
WHERE client_id = $1;

-- name: client_update_disabled
UPDATE client SET disabled = $2, tokens_from_s = $3, updated_ms = $4 WHERE client_id = $1;

-- name: client_delete
DELETE FROM client WHERE client_id = $1;

-- name: client_invite_insert
INSERT INTO client_invite (invite_hash, note, profile, scopes, uses_left, created_ms, expires_ms,
                           grants, name)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: client_invite_load
SELECT profile, scopes, grants, name
FROM client_invite WHERE invite_hash = $1 AND uses_left > 0 AND expires_ms > $2;

-- name: client_invite_use
UPDATE client_invite SET uses_left = uses_left - 1
WHERE invite_hash = $1 AND uses_left > 0 AND expires_ms > $2;

-- name: client_invite_list
SELECT invite_hash, note, profile, scopes, uses_left, created_ms, expires_ms, grants, name
FROM client_invite
WHERE uses_left > 0 AND expires_ms > $1 ORDER BY created_ms DESC, invite_hash LIMIT $2;

-- name: client_invite_delete
DELETE FROM client_invite WHERE invite_hash = $1;

-- name: client_invite_purge
DELETE FROM client_invite WHERE invite_hash IN
    (SELECT invite_hash FROM client_invite WHERE expires_ms <= $1 ORDER BY expires_ms LIMIT 100);
