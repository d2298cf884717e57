-- A client's own data about its order: payments/metadata.

-- name: metadata_insert
INSERT INTO order_metadata (agency_id, order_id, metadata_json) VALUES ($1, $2, $3);

-- name: metadata_find
SELECT metadata_json FROM order_metadata WHERE agency_id = $1 AND order_id = $2;
