-- Registered clients: auth/client.
-- name: client_insert
INSERT INTO client (client_id, name_vi, name_en, secret_hash, scopes, grants, sector, profile, created_ms)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (client_id) DO NOTHING;

-- name: client_uri_insert
INSERT INTO client_uri (client_id, use, place, uri) VALUES ($1, $2, $3, $4);

-- name: client_load
SELECT client_id, name_vi, name_en, secret_hash, scopes, grants, sector, profile, created_ms
FROM client WHERE client_id = $1;

-- name: client_uris
SELECT use, uri FROM client_uri WHERE client_id = $1 ORDER BY use, place;

-- name: client_ids
SELECT client_id FROM client ORDER BY client_id;

-- name: client_uri_delete
DELETE FROM client_uri WHERE client_id = $1;

-- name: client_delete
DELETE FROM client WHERE client_id = $1;
