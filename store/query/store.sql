-- name: store_ping
SELECT 1;
